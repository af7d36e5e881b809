package io.tlvm.catalog.api;

import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_UNAVAILABLE_DEPENDENCY;

import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.smallrye.mutiny.Uni;
import io.tlvm.catalog.catalog.CatalogRefused;
import io.tlvm.catalog.catalog.RecordsUnavailable;
import io.tlvm.catalog.store.StoreRefused;
import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.foundation.refusal.Refusal;
import io.tlvm.foundation.request.CallThread;

import org.jboss.logging.Logger;

import java.io.IOException;
import java.io.UncheckedIOException;

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

    /** For unary calls. */
    static <T> Uni<T> of(Work<T> work) {
        return CallThread.of(() -> plain(work));
    }

    /** The same for services of the observer API. */
    static <T> void to(StreamObserver<T> answer, Work<T> work) {
        CallThread.to(answer, () -> plain(work));
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
