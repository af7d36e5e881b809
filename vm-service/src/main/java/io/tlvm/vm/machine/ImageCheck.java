package io.tlvm.vm.machine;

import io.tlvm.vm.refusal.ImageRefusal;
import io.tlvm.vm.refusal.VmRefusal;
import io.tlvm.vm.refusal.VmRefused;

/**
 * Whether a VM may be created from an image. STANDARD takes any that is there; TRUSTED_LAUNCH what
 * was published for it.
 */
public final class ImageCheck {
    private final Images images;

    public ImageCheck(Images images) {
        this.images = images;
    }

    /** Whether the reason goes away by itself, so that the create need not be given up. */
    boolean passes(VmRefusal why) {
        return why instanceof ImageRefusal.CatalogSilent;
    }

    Images.Known usable(Machine machine) {
        return usable(
                machine.image(), machine.name().project(), machine.security().effective().type());
    }

    /**
     * @throws VmRefused with an {@link ImageRefusal}
     */
    Images.Known usable(String name, String project, Security.Type type) {
        Images.Known image =
                images.find(name).orElseThrow(() -> new VmRefused(new ImageRefusal.NotFound(name)));
        if (type == Security.Type.TRUSTED_LAUNCH) {
            if (image.urn().isEmpty()) {
                throw new VmRefused(new ImageRefusal.NotFromMarketplace(name));
            }
            if (!image.capable()) {
                throw new VmRefused(
                        new ImageRefusal.NotCapable(
                                name, image.urn(), image.reason(), images.capableIn(project)));
            }
        }
        if (image.digest().isEmpty()) {
            throw new VmRefused(new ImageRefusal.WithoutContent(name, image.urn()));
        }
        if (!image.ready()) {
            throw new VmRefused(new ImageRefusal.NotReady(name, image.state()));
        }
        return image;
    }
}
