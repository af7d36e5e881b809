package io.tlvm.foundation.served;

import io.grpc.stub.StreamObserver;

import java.util.concurrent.CompletableFuture;

/** Completes a future with the first message of a stream, or with how it ended. */
final class Replies<T> implements StreamObserver<T> {
    private final CompletableFuture<T> first;

    private Replies(CompletableFuture<T> first) {
        this.first = first;
    }

    static <T> Replies<T> into(CompletableFuture<T> first) {
        return new Replies<>(first);
    }

    @Override
    public void onNext(T message) {
        first.complete(message);
    }

    @Override
    public void onError(Throwable refusal) {
        first.completeExceptionally(refusal);
    }

    @Override
    public void onCompleted() {
        first.completeExceptionally(new AssertionError("the stream ended without a message"));
    }
}
