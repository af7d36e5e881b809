package io.tlvm.agent.keys;

import java.io.IOException;
import java.io.OutputStream;
import java.security.SecureRandom;
import java.util.Arrays;

/** 256 bits that can be wiped. The one place that holds key bytes in this service. */
final class KeyBytes implements AutoCloseable {
    static final int LENGTH = 32;
    private static final byte[] HEX = {
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
    };

    private final byte[] bytes;
    private boolean wiped;

    private KeyBytes(byte[] bytes) {
        this.bytes = bytes;
    }

    static KeyBytes random(SecureRandom random) {
        byte[] bytes = new byte[LENGTH];
        random.nextBytes(bytes);
        return new KeyBytes(bytes);
    }

    /** Copies the bytes and wipes the array they came in. */
    static KeyBytes take(byte[] source) {
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

    <R, X extends Exception> R open(KeyUse<R, X> use) throws X {
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
     */
    void writeHexLine(OutputStream out) throws IOException {
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

    @Override
    public synchronized void close() {
        Arrays.fill(bytes, (byte) 0);
        wiped = true;
    }
}
