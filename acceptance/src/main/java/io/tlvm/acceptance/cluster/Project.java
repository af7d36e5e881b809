package io.tlvm.acceptance.cluster;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the project and its run-time data are.
 *
 * @param root the checkout
 * @param home run-time data, {@code TLVM_HOME}
 */
public record Project(Path root, Path home) {

    /** The checkout above the working directory, and {@code TLVM_HOME} or its default. */
    public static Project find() {
        Path root = Path.of("").toAbsolutePath();
        while (!Files.exists(root.resolve("deploy/local/stack"))) {
            root =
                    Optional.ofNullable(root.getParent())
                            .orElseThrow(
                                    () ->
                                            new IllegalStateException(
                                                    "run this inside a checkout of the project"));
        }
        String configured = System.getenv("TLVM_HOME");
        return new Project(root, Path.of(configured == null ? defaultHome() : configured));
    }

    private static String defaultHome() {
        return "/var/tmp/tlvm-" + userId();
    }

    private static Object userId() {
        try {
            return Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** The image that boots, made by {@code deploy/guest-image/build}. */
    public Path guestImage() {
        return root.resolve("target/guest-image/guest.raw");
    }

    /** The same image with a kernel that was tampered with. */
    public Path tamperedImage() {
        return root.resolve("target/guest-image/guest-tampered.raw");
    }
}
