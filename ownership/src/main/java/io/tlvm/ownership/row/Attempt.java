package io.tlvm.ownership.row;

import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.StateRef;

import org.jspecify.annotations.Nullable;

import java.time.Instant;

/**
 * One try to hand a VM to another node.
 *
 * @param epoch drawn for the target alone; becomes the VM's epoch by COMMIT, or is dead for ever
 * @param deadline when the attempt is aborted if it has not got further
 * @param prepared what the target answered, or null while it has not
 */
public record Attempt(
        OperationId op,
        NodeName target,
        Epoch epoch,
        Instant deadline,
        @Nullable Prepared prepared) {

    /**
     * The target's one-operation HPKE public key (hexadecimal) and the directory that it made for
     * this attempt.
     */
    public record Prepared(String hpkeKey, StateRef directory) {}

    public Attempt prepared(Prepared answer) {
        return new Attempt(op, target, epoch, deadline, answer);
    }

    public Attempt until(Instant later) {
        return new Attempt(op, target, epoch, later, prepared);
    }

    /** The prepared directory; only an attempt past PREPARE_TARGET has one. */
    public StateRef directory() {
        if (prepared == null) {
            throw new IllegalStateException("attempt " + op + " was never prepared");
        }
        return prepared.directory();
    }
}
