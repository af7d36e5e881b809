package io.tlvm.foundation.postgres;

import io.quarkus.vertx.VertxContextSupport;
import io.smallrye.mutiny.Uni;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/**
 * The one place where blocking code waits for reactive code. Hibernate Reactive needs a Vert.x
 * context, which virtual threads do not have; each call runs on a fresh one.
 */
final class ReactiveBridge {

    /** A statement that takes longer has lost its connection; the pool itself sets no bound. */
    private static final Duration WAIT_MAX = Duration.ofSeconds(30);

    /**
     * Subscribes to {@code work} on a fresh context and blocks the calling (virtual) thread for its
     * item. Not on an event loop.
     *
     * @throws RuntimeException what the Uni failed with, wrapped in a CompletionException if it is
     *     checked
     */
    <T extends @Nullable Object> T await(Supplier<Uni<T>> work) {
        try {
            return VertxContextSupport.subscribeAndAwait(
                    () -> work.get().ifNoItem().after(WAIT_MAX).fail());
        } catch (RuntimeException | Error asThrown) {
            throw asThrown;
        } catch (Throwable checked) {
            throw new CompletionException(checked);
        }
    }
}
