package io.tlvm.catalog.store;

import io.tlvm.catalog.catalog.GuestOs;
import io.tlvm.catalog.catalog.TrustedLaunch;
import io.tlvm.catalog.catalog.Urn;
import io.tlvm.catalog.verification.Content;

import java.time.Instant;
import java.util.UUID;

/**
 * An image of a project, what machines are created from. Its content never changes.
 *
 * @param uid never reused, also not for an image of the same name
 * @param operation name of the operation that made it, {@code projects/…/operations/…}
 * @param revision grows with each change that users see; the etag is made of it
 */
public record GalleryImage(
        ImageName name,
        UUID uid,
        Origin origin,
        Content content,
        GuestOs os,
        TrustedLaunch trustedLaunch,
        State state,
        String operation,
        Instant createTime,
        long revision) {
    /** Where an image came from. */
    public sealed interface Origin {
        /**
         * @param urn exact version of the marketplace
         */
        record Marketplace(Urn urn) implements Origin {}

        /** A file that somebody uploaded. It belongs to no publisher. */
        record File() implements Origin {}
    }

    /** Lifecycle. */
    public enum State {
        /** Its content is being verified. */
        CREATING,
        /** Usable. */
        ACTIVE,
        /** Verification failed; the operation says why. */
        FAILED
    }

    /** The version of the resource, a quoted string (RFC 9110 section 8.8.3). */
    public String etag() {
        return "\"" + uid.toString().substring(0, 8) + "-" + revision + "\"";
    }
}
