package io.tlvm.catalog.catalog;

/**
 * Whether an image may be used for Trusted launch machines. A policy of its row, stated by its
 * publisher; never guessed from bytes.
 */
public sealed interface TrustedLaunch {
    /** The publisher states that it boots with Secure Boot and a vTPM. */
    record Supported() implements TrustedLaunch {}

    /**
     * @param reason for people, never empty
     */
    record Unsupported(String reason) implements TrustedLaunch {
        public Unsupported {
            if (reason.isBlank()) {
                throw new IllegalArgumentException("an image that is not supported says why");
            }
        }
    }
}
