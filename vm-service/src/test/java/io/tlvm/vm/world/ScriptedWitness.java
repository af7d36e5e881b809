package io.tlvm.vm.world;

import io.tlvm.foundation.audit.HandOvers;
import io.tlvm.foundation.signature.CertificateSigner;
import io.tlvm.foundation.tls.PkiDirectory;
import io.tlvm.node.v1.Command;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.type.v1.SignedStatement;

import java.time.Instant;
import java.util.Optional;

/** What a node signs of a hand-over, by its journal. */
final class ScriptedWitness {
    private final String node;
    private final ScriptedMachines machines;
    private volatile PkiDirectory signing;

    ScriptedWitness(String node, ScriptedMachines machines, PkiDirectory pki) {
        this.node = node;
        this.machines = machines;
        this.signing = pki;
    }

    /** From now on this node signs with a certificate that is not its own. */
    void signWith(PkiDirectory other) {
        signing = other;
    }

    Optional<SignedStatement> signed(Command told, boolean asSource) {
        return machines.handOver(told.getVmUid(), new OperationId(told.getOpId()), asSource)
                .map(
                        said ->
                                HandOvers.sign(
                                        new CertificateSigner(signing.keyManager()),
                                        (asSource
                                                        ? said.setSourceNode(node)
                                                                .setEpochBefore(told.getEpoch())
                                                                .setSourceDestroyed(true)
                                                        : said.setTargetNode(node)
                                                                .setEpochAfter(told.getEpoch()))
                                                .build(),
                                        Instant.now()));
    }
}
