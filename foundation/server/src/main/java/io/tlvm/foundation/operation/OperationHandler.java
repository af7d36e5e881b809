package io.tlvm.foundation.operation;

/**
 * Does the work of one kind of operation. A bean; called on a virtual thread of its own, possibly
 * again after a restart and on another replica. It therefore looks at what is there and goes on
 * from it, and every step may be repeated.
 */
public interface OperationHandler {

    /** The {@link OperationRecord#kind} it handles. */
    String kind();

    /**
     * Works until the operation is over or cannot go on.
     *
     * @throws InterruptedException when the service shuts down or the claim is lost; the operation
     *     stays for the next
     * @throws io.grpc.StatusRuntimeException ends the operation with this error, unless its
     *     reason's advice is to back off: then the handler is called again
     */
    OperationOutcome run(OperationRecord operation, OperationProgress progress)
            throws InterruptedException;
}
