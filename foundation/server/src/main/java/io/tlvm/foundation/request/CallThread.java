package io.tlvm.foundation.request;

import io.grpc.Context;
import io.grpc.stub.StreamObserver;
import io.smallrye.mutiny.Uni;

import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Runs the blocking work of a unary call on a virtual thread of its own, with the call's context.
 *
 * <p>Not {@code @RunOnVirtualThread}: in this release of Quarkus it hands a call's events over by a
 * queue that may put the half-close before the message, and the call then fails with INTERNAL
 * "Half-closed without a request" (quarkusio/quarkus 48940, pull requests 54084 and 55041).
 */
public final class CallThread {
    private CallThread() {}

    /** The item of {@code work}, or what it threw: a refusal, or a bug that foundation reports. */
    public static <T> Uni<T> of(Supplier<T> work) {
        Context call = Context.current();
        return Uni.createFrom()
                .emitter(answer -> start(call, work, answer::complete, answer::fail));
    }

    /** The same for services of the observer API. */
    public static <T> void to(StreamObserver<T> answer, Supplier<T> work) {
        start(
                Context.current(),
                work,
                item -> {
                    answer.onNext(item);
                    answer.onCompleted();
                },
                answer::onError);
    }

    private static <T> void start(
            Context call, Supplier<T> work, Consumer<T> done, Consumer<Throwable> failed) {
        Runnable answering =
                () -> {
                    T item;
                    try {
                        item = work.get();
                    } catch (RuntimeException | Error refusalOrBug) {
                        // The interceptors turn what is no refusal into a debug id.
                        failed.accept(refusalOrBug);
                        return;
                    }
                    done.accept(item);
                };
        Thread.ofVirtual().name("call").start(call.wrap(answering));
    }
}
