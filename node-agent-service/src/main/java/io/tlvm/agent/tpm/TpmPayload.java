package io.tlvm.agent.tpm;

import io.tlvm.agent.file.ContentDigest;
import io.tlvm.agent.keys.DirectoryKeys;
import io.tlvm.agent.keys.SwtpmKey;
import io.tlvm.ownership.id.Digest;

import java.security.SecureRandom;
import java.util.Arrays;

/**
 * The decrypted permanent state of a vTPM. The file around it differs from write to write (random
 * initialisation vector) and from directory to directory (key), this does not: two directories hold
 * the same TPM if and only if their payloads are equal.
 */
public final class TpmPayload implements AutoCloseable {
    private final byte[] bytes;

    /** Keeps the array itself and wipes it in the end. */
    TpmPayload(byte[] bytes) {
        this.bytes = bytes;
    }

    /** SHA-256: for comparing directories with each other, at the moment of a copy or hand-over. */
    public Digest sha256() {
        return ContentDigest.of(bytes);
    }

    /** The keyed digest: for the manifest and the checkpoints of this directory. */
    public Digest keyedDigest(DirectoryKeys keys) {
        return keys.digestOf(bytes);
    }

    /**
     * The content of a file {@code tpm2-00.permall} with this payload under another directory's
     * key.
     *
     * @param random source of the initialisation vector
     */
    public byte[] under(SwtpmKey key, SecureRandom random) {
        return PermanentState.write(bytes, key, random);
    }

    /** In bytes. */
    public int size() {
        return bytes.length;
    }

    /** Wipes the payload. */
    @Override
    public void close() {
        Arrays.fill(bytes, (byte) 0);
    }

    /** Says only how large it is. */
    @Override
    public String toString() {
        return "TpmPayload[" + bytes.length + " bytes]";
    }
}
