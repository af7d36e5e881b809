package io.tlvm.foundation.operation;

import com.google.protobuf.Any;
import com.google.rpc.Status;

import java.time.Duration;

/** How one turn of a handler ended. */
public sealed interface OperationOutcome {

    /** The operation is done. */
    record Succeeded(Any response) implements OperationOutcome {}

    /** The operation is over; {@code error} says what, why and what to do. */
    record Failed(Status error) implements OperationOutcome {}

    /** The operation ended because somebody asked for it. */
    record Cancelled(Status error) implements OperationOutcome {}

    /** It cannot go on now (a node does not answer); call the handler again after {@code delay}. */
    record Later(Duration delay) implements OperationOutcome {
        public Later {
            if (delay.isNegative()) {
                throw new IllegalArgumentException("delay is " + delay);
            }
        }
    }
}
