package io.tlvm.vm.world;

import io.tlvm.type.v1.ErrorReason;

/** What one call of an agent shall do instead. */
public sealed interface Script {
    /** Refuse with this reason. */
    record Fail(ErrorReason reason) implements Script {}

    /** Do it, then lose the answer. */
    record LoseAnswer() implements Script {}
}
