package io.tlvm.agent.tpm;

import io.tlvm.agent.keys.SwtpmKey;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;

import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Reads and writes the file {@code tpm2-00.permall} that swtpm writes (swtpm 0.7.1, {@code
 * swtpm_nvstore.c} and {@code tlv.h}), big-endian:
 *
 * <pre>
 * version:u8=2 min_version:u8=1 header_length:u16=10 flags:u16 total_length:u32, then (tag:u16 length:u32 value)*
 * tag 2: AES-256-CBC ciphertext    tag 3: HMAC-SHA256(key, ciphertext || iv)    tag 6: iv, 32 bytes, 16 of them used
 * </pre>
 *
 * swtpm's MAC covers neither header nor tags. Here they may have exactly one form, so that no byte
 * of the file is free.
 */
public final class PermanentState {
    /** The file's name in a directory of swtpm. */
    public static final String FILE_NAME = "tpm2-00.permall";

    /** No vTPM state is larger: swtpm's own is some kilobytes. */
    public static final int FILE_MAX = 16 << 20;

    private static final int HEADER_LENGTH = 10;
    private static final int VERSION = 2;
    private static final int MIN_VERSION = 1;
    private static final int ENCRYPTED = 0x1;
    private static final int KEY_256_BITS = 0x8;
    private static final int HMAC_LENGTH = 32;
    private static final int IV_LENGTH = 32;
    private static final int BLOCK = 16;
    private static final int PADDED_TO = 32;
    private static final String NOT_USABLE =
            "AES-256-CBC or HMAC-SHA256 is not usable in this process";

    private PermanentState() {}

    /** What the file is. */
    public sealed interface Reading {
        /** Written under this key and unchanged. The caller closes the payload. */
        record Authentic(TpmPayload payload) implements Reading {}

        /** Not to be started from. */
        record Rejected(Defect why) implements Reading {}
    }

    /** Why a file is not accepted. */
    public sealed interface Defect {
        /** Shorter than a header: what a full disk or a crash leaves. */
        record TooShort(int length) implements Defect {}

        /** More bytes than any vTPM has. */
        record TooLarge(long length) implements Defect {}

        /** Another format. */
        record UnknownVersion(int version, int minVersion) implements Defect {}

        /**
         * The header says something else than "encrypted with a 256-bit key": plain state, for
         * example.
         */
        record NotEncrypted(int flags) implements Defect {}

        /** The file has another length than it says: truncated, or something was appended. */
        record WrongLength(long claimed, int actual) implements Defect {}

        /** Its parts do not add up. */
        record Malformed(int offset, String what) implements Defect {}

        /** The MAC is wrong: changed, or written under the key of another directory or machine. */
        record NotAuthentic() implements Defect {}

        /** In words. */
        default String message() {
            return switch (this) {
                case TooShort(int length) -> "it has only %d bytes".formatted(length);
                case TooLarge(long length) ->
                        "it has %d bytes, more than any vTPM".formatted(length);
                case UnknownVersion(int version, int minVersion) ->
                        "its format is version %d (minimum %d), known is 2 (1)"
                                .formatted(version, minVersion);
                case NotEncrypted(int flags) ->
                        "it is not encrypted with a 256-bit key (flags 0x%x)".formatted(flags);
                case WrongLength(long claimed, int actual) ->
                        "it claims %d bytes and has %d".formatted(claimed, actual);
                case Malformed(int offset, String what) ->
                        "%s at offset %d".formatted(what, offset);
                case NotAuthentic _ -> "it was changed, or written under another key";
            };
        }
    }

    private enum Part {
        CIPHERTEXT(2),
        HMAC(3),
        IV(6);

        private final int tag;

        Part(int tag) {
            this.tag = tag;
        }
    }

    /**
     * Authenticates and decrypts the content of a file.
     *
     * @param file its bytes
     * @param key the key of the directory that it lies in
     */
    public static Reading read(byte[] file, SwtpmKey key) {
        if (file.length < HEADER_LENGTH) {
            return rejected(new Defect.TooShort(file.length));
        }
        if (file.length > FILE_MAX) {
            return rejected(new Defect.TooLarge(file.length));
        }
        ByteBuffer in = ByteBuffer.wrap(file);
        int version = Byte.toUnsignedInt(in.get());
        int minVersion = Byte.toUnsignedInt(in.get());
        int headerLength = Short.toUnsignedInt(in.getShort());
        int flags = Short.toUnsignedInt(in.getShort());
        long total = Integer.toUnsignedLong(in.getInt());
        if (version != VERSION || minVersion != MIN_VERSION) {
            return rejected(new Defect.UnknownVersion(version, minVersion));
        }
        if (headerLength != HEADER_LENGTH) {
            return rejected(
                    new Defect.Malformed(2, "a header of %d bytes".formatted(headerLength)));
        }
        if (flags != (ENCRYPTED | KEY_256_BITS)) {
            return rejected(new Defect.NotEncrypted(flags));
        }
        if (total != file.length) {
            return rejected(new Defect.WrongLength(total, file.length));
        }
        Map<Part, byte[]> parts = new EnumMap<>(Part.class);
        while (in.hasRemaining()) {
            int offset = in.position();
            if (in.remaining() < Short.BYTES + Integer.BYTES) {
                return rejected(new Defect.Malformed(offset, "an incomplete part"));
            }
            int tag = Short.toUnsignedInt(in.getShort());
            long length = Integer.toUnsignedLong(in.getInt());
            if (length > in.remaining()) {
                return rejected(
                        new Defect.Malformed(offset, "a part that is longer than the file"));
            }
            byte[] value = new byte[(int) length];
            in.get(value);
            Part part = partOf(tag);
            if (part == null || parts.put(part, value) != null) {
                return rejected(
                        new Defect.Malformed(
                                offset, "an unexpected part with tag %d".formatted(tag)));
            }
        }
        byte[] ciphertext = parts.getOrDefault(Part.CIPHERTEXT, new byte[0]);
        byte[] hmac = parts.getOrDefault(Part.HMAC, new byte[0]);
        byte[] iv = parts.getOrDefault(Part.IV, new byte[0]);
        if (ciphertext.length == 0 || ciphertext.length % BLOCK != 0) {
            return rejected(new Defect.Malformed(HEADER_LENGTH, "no ciphertext in whole blocks"));
        }
        if (hmac.length != HMAC_LENGTH || iv.length != IV_LENGTH) {
            return rejected(
                    new Defect.Malformed(
                            HEADER_LENGTH, "no MAC and initialisation vector of 32 bytes"));
        }
        return key.open(bytes -> decrypt(bytes, ciphertext, hmac, iv));
    }

    /**
     * Encrypts a payload as swtpm does, for a directory with another key.
     *
     * @return the bytes of a file that swtpm with this key opens, and {@link #read} too
     */
    static byte[] write(byte[] payload, SwtpmKey key, SecureRandom random) {
        byte[] iv = new byte[IV_LENGTH];
        random.nextBytes(iv);
        byte[] padded = withPadding(payload);
        try {
            return key.<byte[], GeneralSecurityException>open(
                    bytes -> {
                        Cipher cipher = cipher(Cipher.ENCRYPT_MODE, bytes, iv);
                        byte[] ciphertext = cipher.doFinal(padded);
                        return file(ciphertext, mac(bytes, ciphertext, iv), iv);
                    });
        } catch (GeneralSecurityException broken) {
            throw new IllegalStateException(NOT_USABLE, broken);
        } finally {
            Arrays.fill(padded, (byte) 0);
        }
    }

    private static byte[] file(byte[] ciphertext, byte[] hmac, byte[] iv) {
        int parts = Part.values().length * (Short.BYTES + Integer.BYTES);
        ByteBuffer out =
                ByteBuffer.allocate(
                        HEADER_LENGTH + parts + ciphertext.length + hmac.length + iv.length);
        out.put((byte) VERSION).put((byte) MIN_VERSION);
        out.putShort((short) HEADER_LENGTH).putShort((short) (ENCRYPTED | KEY_256_BITS));
        out.putInt(out.capacity());
        put(out, Part.CIPHERTEXT, ciphertext);
        put(out, Part.HMAC, hmac);
        put(out, Part.IV, iv);
        return out.array();
    }

    private static void put(ByteBuffer out, Part part, byte[] value) {
        out.putShort((short) part.tag).putInt(value.length).put(value);
    }

    private static Cipher cipher(int mode, byte[] key, byte[] iv) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/CBC/NoPadding");
        cipher.init(mode, new SecretKeySpec(key, "AES"), new IvParameterSpec(iv, 0, BLOCK));
        return cipher;
    }

    private static byte[] mac(byte[] key, byte[] ciphertext, byte[] iv)
            throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        mac.update(ciphertext);
        return mac.doFinal(iv);
    }

    private static Reading decrypt(byte[] key, byte[] ciphertext, byte[] hmac, byte[] iv) {
        try {
            if (!MessageDigest.isEqual(mac(key, ciphertext, iv), hmac)) {
                return rejected(new Defect.NotAuthentic());
            }
            return withoutPadding(cipher(Cipher.DECRYPT_MODE, key, iv).doFinal(ciphertext));
        } catch (GeneralSecurityException broken) {
            throw new IllegalStateException(NOT_USABLE, broken);
        }
    }

    /**
     * swtpm pads to a multiple of the key's length, not of the cipher's block ({@code
     * swtpm_aes.c}): 1 to 32 bytes, each of which says how many there are.
     */
    private static Reading withoutPadding(byte[] padded) {
        int padding = padded.length == 0 ? 0 : padded[padded.length - 1];
        boolean right = padding >= 1 && padding <= PADDED_TO && padding <= padded.length;
        for (int i = 1; right && i <= padding; i++) {
            right = padded[padded.length - i] == padding;
        }
        try {
            return right
                    ? new Reading.Authentic(
                            new TpmPayload(Arrays.copyOf(padded, padded.length - padding)))
                    : rejected(
                            new Defect.Malformed(
                                    HEADER_LENGTH, "a wrong padding under a right MAC"));
        } finally {
            Arrays.fill(padded, (byte) 0);
        }
    }

    private static byte[] withPadding(byte[] payload) {
        int padding = PADDED_TO - payload.length % PADDED_TO;
        byte[] padded = Arrays.copyOf(payload, payload.length + padding);
        Arrays.fill(padded, payload.length, padded.length, (byte) padding);
        return padded;
    }

    private static @Nullable Part partOf(int tag) {
        for (Part part : Part.values()) {
            if (part.tag == tag) {
                return part;
            }
        }
        return null;
    }

    private static Reading rejected(Defect why) {
        return new Reading.Rejected(why);
    }
}
