package io.tlvm.catalog.api;

import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_UNAVAILABLE_DEPENDENCY;

import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.smallrye.mutiny.Uni;
import io.tlvm.catalog.catalog.CatalogRefused;
import io.tlvm.catalog.catalog.RecordsUnavailable;
import io.tlvm.catalog.store.StoreRefused;
import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.foundation.refusal.Refusal;

import org.jboss.logging.Logger;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.Consumer;

/**
 * Runs domain work of a call and turns what the rooms throw into refusals. Everything else is a
 * bug, and foundation says so.
 */
final class Answer {
    private static final Logger LOG = Logger.getLogger("io.tlvm.catalog.api");

    private Answer() {}

    /** Work of the rooms; blocks. */
    interface Work<T> {
        T run() throws IOException;
    }

    /** Work that waits for others; blocks. */
    interface LongWork<T> {
        T run() throws IOException, InterruptedException;
    }

    /**
     * For unary calls: a virtual thread of its own, with the call's context. Not
     * {@code @RunOnVirtualThread}, which in this release of Quarkus hands a call's events over by a
     * queue that may put the half-close before the message, and the call then fails with INTERNAL
     * "Half-closed without a request" (quarkusio/quarkus 48940, pull requests 54084 and 55041).
     */
    static <T> Uni<T> of(Work<T> work) {
        Context call = Context.current();
        return Uni.createFrom()
                .emitter(answer -> onVirtualThread(call, work, answer::complete, answer::fail));
    }

    /** The same for services of the observer API. */
    static <T> void to(StreamObserver<T> answer, Work<T> work) {
        onVirtualThread(
                Context.current(),
                work,
                item -> {
                    answer.onNext(item);
                    answer.onCompleted();
                },
                answer::onError);
    }

    private static <T> void onVirtualThread(
            Context call, Work<T> work, Consumer<T> done, Consumer<Throwable> failed) {
        Thread.ofVirtual()
                .name("call")
                .start(
                        call.wrap(
                                () -> {
                                    T item;
                                    try {
                                        item = plain(work);
                                    } catch (RuntimeException | Error refusalOrBug) {
                                        failed.accept(
                                                refusalOrBug); // foundation logs what is no refusal
                                        // and tells the caller a debug id
                                        // only
                                        return;
                                    }
                                    done.accept(item);
                                }));
    }

    /** On the calling thread, for the streams. */
    static <T> T plain(Work<T> work) {
        try {
            return interruptible(work::run);
        } catch (InterruptedException unexpected) {
            throw new IllegalStateException("this work is not interruptible", unexpected);
        }
    }

    /** The same for operations, which a shutdown interrupts. */
    static <T> T interruptible(LongWork<T> work) throws InterruptedException {
        try {
            return work.run();
        } catch (CatalogRefused refused) {
            throw Refusals.of(refused.why()).asException();
        } catch (StoreRefused refused) {
            throw Refusals.of(refused.why()).asException();
        } catch (RecordsUnavailable outage) {
            throw unavailable(outage);
        } catch (IOException disk) {
            throw new UncheckedIOException(disk);
        }
    }

    private static StatusRuntimeException unavailable(RecordsUnavailable outage) {
        LOG.warnf("database unavailable: %s", outage.getCause());
        return Refusal.of(ERROR_REASON_UNAVAILABLE_DEPENDENCY, ErrorDomain.CATALOG)
                .what("the database of the image catalog does not answer")
                .with("dependency", "database")
                .asException();
    }
}
