package io.tlvm.foundation.secret;

import java.io.IOException;
import java.io.OutputStream;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * 256 bits that can be wiped. Kinds of keys have classes of their own around it, so that none is
 * taken for another.
 */
public final class KeyBytes implements AutoCloseable {
    /** Of every key, in bytes. */
    public static final int LENGTH = 32;

    private static final byte[] HEX = {
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
    };

    private final byte[] bytes;
    private boolean wiped;

    private KeyBytes(byte[] bytes) {
        this.bytes = bytes;
    }

    /** A new random key. */
    public static KeyBytes random(SecureRandom random) {
        byte[] bytes = new byte[LENGTH];
        random.nextBytes(bytes);
        return new KeyBytes(bytes);
    }

    /**
     * Copies the bytes and wipes the array they came in.
     *
     * @throws IllegalArgumentException unless there are 32
     */
    public static KeyBytes take(byte[] source) {
        try {
            if (source.length != LENGTH) {
                throw new IllegalArgumentException(
                        "a key has %d bytes, not %d".formatted(LENGTH, source.length));
            }
            return new KeyBytes(source.clone());
        } finally {
            Arrays.fill(source, (byte) 0);
        }
    }

    /**
     * The only way to the bytes.
     *
     * @throws IllegalStateException when the key was closed
     */
    public <R, X extends Exception> R open(KeyUse<R, X> use) throws X {
        byte[] copy = copy();
        try {
            return use.with(copy);
        } finally {
            Arrays.fill(copy, (byte) 0);
        }
    }

    /**
     * 64 hexadecimal digits and a line feed, what swtpm reads with {@code format=hex}, without a
     * String in between.
     *
     * @param out the standard input of a process; never a file
     * @throws IOException when that process is gone
     */
    public void writeHexLine(OutputStream out) throws IOException {
        byte[] line = new byte[2 * LENGTH + 1];
        byte[] key = copy();
        try {
            for (int i = 0; i < LENGTH; i++) {
                line[2 * i] = HEX[(key[i] >> 4) & 0xF];
                line[2 * i + 1] = HEX[key[i] & 0xF];
            }
            line[2 * LENGTH] = '\n';
            out.write(line);
            out.flush();
        } finally {
            Arrays.fill(key, (byte) 0);
            Arrays.fill(line, (byte) 0);
        }
    }

    private synchronized byte[] copy() {
        if (wiped) {
            throw new IllegalStateException("this key was closed");
        }
        return bytes.clone();
    }

    /** Wipes the key. It cannot be used afterwards. */
    @Override
    public synchronized void close() {
        Arrays.fill(bytes, (byte) 0);
        wiped = true;
    }

    /** Says only what it is. */
    @Override
    public String toString() {
        return "KeyBytes[...]";
    }
}
