package io.tlvm.agent.migration;

import com.google.protobuf.ByteString;

import io.tlvm.node.v1.SignedMigrationPlan;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;

import java.time.Instant;
import java.util.Optional;

/**
 * A migration plan whose signature was checked. Made by {@link Plans} alone.
 *
 * @param attemptEpoch the target's epoch if the attempt is committed
 * @param rowVersion of the row that decided the attempt
 * @param sourceEpoch under which the source owns the guest
 * @param targetAddress host:port of the target's agent
 * @param hpkeKey of the target, 32 bytes; empty in the target's own plan
 * @param targetDirectory that the target made; empty in the target's own plan
 * @param deadline after which nobody begins anything under the plan
 * @param signed as it was received, to be shown to the other side
 */
public record VerifiedPlan(
        VmUid vm,
        OperationId op,
        Epoch attemptEpoch,
        RowVersion rowVersion,
        Epoch sourceEpoch,
        NodeName source,
        NodeName target,
        String targetAddress,
        ByteString hpkeKey,
        Optional<StateRef> targetDirectory,
        Instant deadline,
        SignedMigrationPlan signed) {

    /**
     * Whether two plans are of the same attempt: what may differ is only what the target told in
     * between.
     */
    public boolean isSameAttempt(VerifiedPlan other) {
        return vm.equals(other.vm)
                && op.equals(other.op)
                && attemptEpoch.equals(other.attemptEpoch)
                && sourceEpoch.equals(other.sourceEpoch)
                && source.equals(other.source)
                && target.equals(other.target);
    }
}
