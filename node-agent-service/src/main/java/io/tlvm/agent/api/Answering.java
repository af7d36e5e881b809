package io.tlvm.agent.api;

import io.grpc.Context;
import io.grpc.Status;
import io.smallrye.mutiny.Uni;
import io.tlvm.agent.machine.MachineRefused;

/** Runs the work of one call on the caller's virtual thread. */
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
        Thread thread = Thread.currentThread();
        Context.CancellationListener left = context -> thread.interrupt();
        Context call = Context.current();
        call.addListener(left, Runnable::run);
        try {
            return Uni.createFrom().item(work.run());
        } catch (MachineRefused refused) {
            return Uni.createFrom().failure(Refusals.of(refused));
        } catch (InterruptedException gone) {
            return Uni.createFrom()
                    .failure(
                            Status.CANCELLED
                                    .withDescription("the caller left")
                                    .asRuntimeException());
        } finally {
            call.removeListener(left);
            boolean unused = Thread.interrupted();
        }
    }
}
