package io.tlvm.agent.keys;

import io.tlvm.foundation.secret.KeyBytes;
import io.tlvm.foundation.secret.KeyUse;

import java.io.IOException;
import java.io.OutputStream;
import java.security.SecureRandom;

/**
 * What swtpm encrypts its permanent state with: AES-256-CBC, and HMAC-SHA256 over ciphertext and
 * initialisation vector, both with this key. That of a directory is derived from its state key and
 * never stored.
 */
public final class SwtpmKey implements AutoCloseable {
    private final KeyBytes bytes;

    SwtpmKey(KeyBytes bytes) {
        this.bytes = bytes;
    }

    /** A new random key, for a copy that lies in no directory. */
    public static SwtpmKey random(SecureRandom random) {
        return new SwtpmKey(KeyBytes.random(random));
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
        return "SwtpmKey[...]";
    }
}
