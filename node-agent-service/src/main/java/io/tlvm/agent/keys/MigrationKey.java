package io.tlvm.agent.keys;

import io.tlvm.foundation.secret.KeyBytes;
import io.tlvm.foundation.secret.KeyUse;

import java.io.IOException;
import java.io.OutputStream;
import java.security.SecureRandom;

/**
 * Protects vTPM state inside a migration stream. swtpm decrypts its state before it hands it to
 * QEMU, so that without this key it would travel in clear. Source and target need the same one; it
 * is new at every cold start.
 */
public final class MigrationKey implements AutoCloseable {
    private final KeyBytes bytes;

    MigrationKey(KeyBytes bytes) {
        this.bytes = bytes;
    }

    /** A new random key. */
    public static MigrationKey random(SecureRandom random) {
        return new MigrationKey(KeyBytes.random(random));
    }

    /**
     * A key that was received. The array is wiped.
     *
     * @throws IllegalArgumentException unless it has 32 bytes
     */
    public static MigrationKey of(byte[] key) {
        return new MigrationKey(KeyBytes.take(key));
    }

    /**
     * The only way to the bytes.
     *
     * @throws IllegalStateException when the key was closed
     */
    public <R, X extends Exception> R open(KeyUse<R, X> use) throws X {
        return bytes.open(use);
    }

    /**
     * Writes the key as swtpm reads it from a descriptor: 64 hexadecimal digits and a line feed.
     *
     * @param out the standard input of the process that splits the keys for swtpm; never a file
     * @throws IOException when that process is gone
     */
    public void writeHexLine(OutputStream out) throws IOException {
        bytes.writeHexLine(out);
    }

    /** Wipes the key. It cannot be used afterwards. */
    @Override
    public void close() {
        bytes.close();
    }

    /** Says only what it is. */
    @Override
    public String toString() {
        return "MigrationKey[...]";
    }
}
