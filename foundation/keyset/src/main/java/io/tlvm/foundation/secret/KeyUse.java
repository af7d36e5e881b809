package io.tlvm.foundation.secret;

/**
 * What is done with the bytes of a key, in one place.
 *
 * @param <R> what comes of it
 * @param <X> what may go wrong
 */
@FunctionalInterface
public interface KeyUse<R, X extends Exception> {
    /**
     * Uses the key. The array is wiped as soon as this returns: keep no reference to it.
     *
     * @param key 32 bytes, a copy
     */
    R with(byte[] key) throws X;
}
