package io.tlvm.vm.machine;

import java.util.List;
import java.util.Optional;

/** The gallery images of the catalog. */
public interface Images {

    /**
     * An image as the catalog knows it now.
     *
     * @param urn exact marketplace version, empty for a file
     * @param digest of its content, absent while there is none
     * @param ready whether it is usable; {@code state} is the catalog's word
     * @param capable whether the publisher says that Trusted launch works, {@code reason} why not
     */
    record Known(
            String name,
            String urn,
            Optional<String> digest,
            boolean ready,
            String state,
            boolean capable,
            String reason) {}

    /**
     * The image of this name, as it is now.
     *
     * @throws io.tlvm.vm.refusal.VmRefused CatalogSilent when it does not answer
     */
    Optional<Known> find(String name);

    /** Some images of the project that Trusted launch accepts, at most three. */
    List<String> capableIn(String project);
}
