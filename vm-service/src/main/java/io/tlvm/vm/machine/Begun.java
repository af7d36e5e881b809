package io.tlvm.vm.machine;

import java.time.Instant;

/** What came of the attempt to begin an operation. */
public sealed interface Begun {

    /** It is recorded; {@code operation} is its full name. */
    record Now(String operation) implements Begun {}

    /** The same request was made before. */
    record Before(String operation) implements Begun {}

    /** The request id was used for another body. */
    record IdReused() implements Begun {}

    /** The name is taken. */
    record NameTaken(boolean deleted) implements Begun {}

    /** Another operation works on the VM. */
    record Busy(String operation, String kind, Instant started, String requester)
            implements Begun {}

    /** There are no user ids left. */
    record NoUserId() implements Begun {}
}
