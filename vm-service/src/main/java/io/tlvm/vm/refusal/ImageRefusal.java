package io.tlvm.vm.refusal;

import java.util.List;

/** Why an image cannot be used. */
public sealed interface ImageRefusal extends VmRefusal {

    /** The project has no such image. */
    record NotFound(String image) implements ImageRefusal {}

    /** The image exists but is not usable; {@code state} is the catalog's word. */
    record NotReady(String image, String state) implements ImageRefusal {}

    /** A file that somebody uploaded; Trusted launch takes only what a publisher published. */
    record NotFromMarketplace(String image) implements ImageRefusal {}

    /** The publisher, or the catalog, says that the image is not capable. */
    record NotCapable(String image, String urn, String reason, List<String> alternatives)
            implements ImageRefusal {}

    /** Nobody brought media for the catalog row. */
    record WithoutContent(String image, String urn) implements ImageRefusal {}

    /** The catalog does not answer, or refuses this service. */
    record CatalogSilent(String why) implements ImageRefusal {}
}
