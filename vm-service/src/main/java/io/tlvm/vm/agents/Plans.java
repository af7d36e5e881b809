package io.tlvm.vm.agents;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;

import io.tlvm.foundation.signature.CertificateSignature;
import io.tlvm.foundation.signature.CertificateSigner;
import io.tlvm.node.v1.MigrationPlan;
import io.tlvm.node.v1.SignedMigrationPlan;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.row.Attempt;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.vm.machine.MachineRecords;
import io.tlvm.vm.machine.Work;

import java.time.Instant;
import java.util.Objects;

/**
 * Signed plans: the target's own has no key, the source's names the key and directory that the
 * target answered with.
 */
final class Plans {
    private final CertificateSigner signer;
    private final AgentChannels agents;
    private final MachineRecords machines;

    Plans(CertificateSigner signer, AgentChannels agents, MachineRecords machines) {
        this.signer = signer;
        this.agents = agents;
        this.machines = machines;
    }

    SignedMigrationPlan forTarget(OwnershipRow row, Attempt attempt) {
        return signed(plan(row, attempt).build());
    }

    SignedMigrationPlan forSource(OwnershipRow row, Attempt attempt) {
        Attempt.Prepared prepared =
                Objects.requireNonNull(attempt.prepared(), "the target is prepared before");
        return signed(
                plan(row, attempt)
                        .setTargetHpkeKey(AgentSteps.hex(prepared.hpkeKey()))
                        .setTargetDir(prepared.directory().value())
                        .build());
    }

    /** The limit that the migration was asked for with, in bytes per second; 0 means none. */
    long bandwidth(OperationId op) {
        return machines.workOf(op)
                .map(work -> work instanceof Work.Migrate(_, var bandwidth, _) ? bandwidth : 0L)
                .orElse(0L);
    }

    private MigrationPlan.Builder plan(OwnershipRow row, Attempt attempt) {
        return MigrationPlan.newBuilder()
                .setCommand(Commands.command(row, attempt.op(), attempt.epoch()))
                .setSourceEpoch(row.epoch().value())
                .setSourceNode(row.owner().value())
                .setSourceDir(row.requireStateRef().value())
                .setTargetNode(attempt.target().value())
                .setTargetAddress(agents.address(attempt.target()))
                .setDeadline(timestamp(attempt.deadline()));
    }

    private static Timestamp timestamp(Instant time) {
        return Timestamp.newBuilder()
                .setSeconds(time.getEpochSecond())
                .setNanos(time.getNano())
                .build();
    }

    private SignedMigrationPlan signed(MigrationPlan plan) {
        ByteString bytes = plan.toByteString();
        CertificateSignature signed = signer.sign(bytes);
        return SignedMigrationPlan.newBuilder()
                .setPlan(bytes)
                .setSignature(signed.signature())
                .addAllCertificateChain(signed.chain())
                .build();
    }
}
