package io.tlvm.foundation.backup;

import java.util.List;

/** Why a backup is not accepted, or cannot be made. */
public sealed interface BackupRefusal {

    /** Not a backup of this product, or a part of one. */
    record NotABackup(String why) implements BackupRefusal {}

    /** More bytes than a backup has. */
    record TooLarge(long length, int max) implements BackupRefusal {}

    /** Written by a program that is newer than this one. */
    record UnknownFormat(int format, int known) implements BackupRefusal {}

    /** Its signature is not over what the file holds: it was changed, or put together from two. */
    record NotGenuine(String why) implements BackupRefusal {}

    /** Signed, but not by a node agent of the cluster whose authority was given. */
    record ForeignSigner(String why) implements BackupRefusal {}

    /** Signed by the node, and yet not as an agent writes it. */
    record Malformed(String field, String why) implements BackupRefusal {}

    /**
     * The key that was given is none that it was made for.
     *
     * @param keyId of that key
     * @param recipients ids of the keys that open it
     */
    record OtherRecipient(String keyId, List<String> recipients) implements BackupRefusal {
        /** Keeps an unmodifiable list. */
        public OtherRecipient {
            recipients = List.copyOf(recipients);
        }
    }

    /** It does not decrypt to what its header describes. */
    record PayloadDiffers(String why) implements BackupRefusal {}

    /** A public key that nothing can be sealed to. */
    record UnusableRecipient(String keyId, String why) implements BackupRefusal {}

    /** In words. */
    default String message() {
        return switch (this) {
            case NotABackup(String why) -> "it is no backup of guest state: " + why;
            case TooLarge(long length, int max) ->
                    "it has %d bytes, more than the %d of a backup".formatted(length, max);
            case UnknownFormat(int format, int known) ->
                    "its format is %d, known is %d".formatted(format, known);
            case NotGenuine(String why) -> "it was changed since it was made: " + why;
            case ForeignSigner(String why) -> "it was not made by a node of this cluster: " + why;
            case Malformed(String field, String why) ->
                    "%s is not what an agent writes: %s".formatted(field, why);
            case OtherRecipient(String keyId, List<String> recipients) ->
                    "it was not made for key %s, but for %s"
                            .formatted(keyId, String.join(", ", recipients));
            case PayloadDiffers(String why) -> "it does not hold what it says: " + why;
            case UnusableRecipient(String keyId, String why) ->
                    "nothing can be sealed to public key %s: %s".formatted(keyId, why);
        };
    }

    /** The refusal as an exception. */
    default BackupRefused asException() {
        return new BackupRefused(this);
    }
}
