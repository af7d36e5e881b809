package io.tlvm.agent.keys;

import io.tlvm.foundation.secret.KeyBytes;
import io.tlvm.foundation.secret.KeyUse;

import java.security.SecureRandom;

/**
 * The key of one state directory: whoever has it can read the guest state there, and without it
 * nobody can. It is stored only wrapped ({@link KeyWrap}); everything that protects the files is
 * derived from it ({@link DirectoryKeys}).
 */
public final class StateKey implements AutoCloseable {
    private final KeyBytes bytes;

    StateKey(KeyBytes bytes) {
        this.bytes = bytes;
    }

    /** A new random key. */
    public static StateKey random(SecureRandom random) {
        return new StateKey(KeyBytes.random(random));
    }

    /**
     * A key that was received. The array is wiped.
     *
     * @throws IllegalArgumentException unless it has 32 bytes
     */
    public static StateKey of(byte[] key) {
        return new StateKey(KeyBytes.take(key));
    }

    /**
     * The only way to the bytes.
     *
     * @throws IllegalStateException when the key was closed
     */
    public <R, X extends Exception> R open(KeyUse<R, X> use) throws X {
        return bytes.open(use);
    }

    /** Wipes the key. It cannot be used afterwards. */
    @Override
    public void close() {
        bytes.close();
    }

    /** Says only what it is. */
    @Override
    public String toString() {
        return "StateKey[...]";
    }
}
