package io.tlvm.agent.migration;

import io.tlvm.foundation.audit.HandOvers;
import io.tlvm.foundation.signature.CertificateSigner;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.journal.AgentView;
import io.tlvm.ownership.journal.JournalRecord;
import io.tlvm.type.v1.HandOverStatement;
import io.tlvm.type.v1.HandOverStatement.Party;
import io.tlvm.type.v1.SignedStatement;

import java.time.Clock;
import java.util.Optional;

/**
 * Signs what this node did in a hand-over, as its journal says it; what only others know it leaves
 * out. A repeated call signs the same anew.
 */
public final class HandOverWitness {
    private final NodeName node;
    private final CertificateSigner signer;
    private final Clock clock;

    /**
     * @param node this node
     * @param signer with the key of its certificate
     */
    public HandOverWitness(NodeName node, CertificateSigner signer, Clock clock) {
        this.node = node;
        this.signer = signer;
        this.clock = clock;
    }

    /**
     * The target's word, once the guest runs; empty if it does not run by a hand-over.
     *
     * @param epoch under which the guest runs
     */
    public Optional<SignedStatement> asTarget(
            VmUid vm, AgentView journal, OperationId op, Epoch epoch) {
        JournalRecord.Prepared prepared = journal.prepared().get(op);
        JournalRecord.Loaded loaded = journal.loaded().get(op);
        if (prepared == null || loaded == null || !loaded.attemptEpoch().equals(epoch)) {
            return Optional.empty();
        }
        return Optional.of(
                signed(
                        statement(Party.PARTY_TARGET, vm, op, loaded.digest().value())
                                .setSourceNode(prepared.source().value())
                                .setTargetNode(node.value())
                                .setEpochAfter(epoch.value())));
    }

    /**
     * The source's word, once its copy is destroyed; empty if it never promised anything.
     *
     * @param epoch under which it owned the guest
     */
    public Optional<SignedStatement> asSource(
            VmUid vm, AgentView journal, OperationId op, Epoch epoch) {
        JournalRecord.Outgoing outgoing = journal.outgoing().get(op);
        JournalRecord.Released released = journal.released().get(op);
        if (outgoing == null || released == null || !journal.isDead(op, epoch)) {
            return Optional.empty();
        }
        return Optional.of(
                signed(
                        statement(Party.PARTY_SOURCE, vm, op, released.digest().value())
                                .setSourceNode(node.value())
                                .setTargetNode(outgoing.target().value())
                                .setEpochBefore(epoch.value())
                                .setSourceDestroyed(true)));
    }

    private static HandOverStatement.Builder statement(
            Party party, VmUid vm, OperationId op, String digest) {
        return HandOverStatement.newBuilder()
                .setParty(party)
                .setVmUid(vm.value())
                .setOpId(op.value())
                .setDigest(digest);
    }

    private SignedStatement signed(HandOverStatement.Builder statement) {
        return HandOvers.sign(signer, statement.build(), clock.instant());
    }
}
