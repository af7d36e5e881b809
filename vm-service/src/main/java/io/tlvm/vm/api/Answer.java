package io.tlvm.vm.api;

import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_UNAVAILABLE_DEPENDENCY;

import io.grpc.StatusRuntimeException;
import io.smallrye.mutiny.Uni;
import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.foundation.refusal.Refusal;
import io.tlvm.foundation.request.CallThread;
import io.tlvm.vm.refusal.StoreUnavailable;
import io.tlvm.vm.refusal.VmRefused;

import java.util.function.Supplier;

/**
 * Runs domain work of a call and turns what the rooms throw into refusals. Everything else is a
 * bug, and foundation says so.
 */
final class Answer {
    private Answer() {}

    /** For unary calls, on a virtual thread of their own. */
    static <T> Uni<T> of(Supplier<T> work) {
        return CallThread.of(() -> plain(work));
    }

    /** On the calling thread, for the streams. */
    static <T> T plain(Supplier<T> work) {
        try {
            return work.get();
        } catch (VmRefused refused) {
            throw Refusals.of(refused.why()).asException();
        } catch (StoreUnavailable outage) {
            throw unavailable();
        }
    }

    private static StatusRuntimeException unavailable() {
        return Refusal.of(ERROR_REASON_UNAVAILABLE_DEPENDENCY, ErrorDomain.COMPUTE)
                .what("the database of vm-service does not answer")
                .with("dependency", "database")
                .asException();
    }
}
