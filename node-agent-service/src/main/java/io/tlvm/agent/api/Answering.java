package io.tlvm.agent.api;

import io.grpc.Context;
import io.grpc.Status;
import io.smallrye.mutiny.Uni;
import io.tlvm.agent.machine.MachineRefused;
import io.tlvm.foundation.request.CallThread;

/** Runs the work of one call on a virtual thread of its own. */
final class Answering {
    private Answering() {}

    /** Work of one call. */
    @FunctionalInterface
    interface Work<T> {
        T run() throws InterruptedException;
    }

    /**
     * The answer or the refusal. A caller that left is not waited for: only its wait ends, because
     * decisions and actions are on the machine's own thread.
     */
    static <T> Uni<T> with(Work<T> work) {
        return CallThread.of(() -> untilCallerLeaves(work));
    }

    private static <T> T untilCallerLeaves(Work<T> work) {
        Thread thread = Thread.currentThread();
        Context.CancellationListener left = context -> thread.interrupt();
        Context call = Context.current();
        call.addListener(left, Runnable::run);
        try {
            return work.run();
        } catch (MachineRefused refused) {
            throw Refusals.of(refused);
        } catch (InterruptedException gone) {
            throw Status.CANCELLED.withDescription("the caller left").asRuntimeException();
        } finally {
            call.removeListener(left);
            // The answer is sent on this thread; what was meant for the wait must not break it off.
            boolean unused = Thread.interrupted();
        }
    }
}
