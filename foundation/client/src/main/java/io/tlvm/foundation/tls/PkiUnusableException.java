package io.tlvm.foundation.tls;

import org.jspecify.annotations.Nullable;

/**
 * The files of a {@link PkiDirectory} do not make an identity. The message names the file and the
 * reason, never key material.
 */
public final class PkiUnusableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PkiUnusableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
