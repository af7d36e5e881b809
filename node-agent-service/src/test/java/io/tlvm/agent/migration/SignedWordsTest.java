package io.tlvm.agent.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;

import io.tlvm.foundation.audit.HandOvers;
import io.tlvm.foundation.identity.TrustDomain;
import io.tlvm.foundation.signature.CertificateSigner;
import io.tlvm.foundation.signature.SignatureCheck;
import io.tlvm.foundation.tls.PkiDirectory;
import io.tlvm.foundation.tls.TestPki;
import io.tlvm.node.v1.Command;
import io.tlvm.node.v1.MigrationPlan;
import io.tlvm.node.v1.SignedMigrationPlan;
import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.journal.AgentView;
import io.tlvm.ownership.journal.JournalRecord;
import io.tlvm.type.v1.HandOverStatement;
import io.tlvm.type.v1.HandOverStatement.Party;
import io.tlvm.type.v1.SignedStatement;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Whose plans a node obeys, and what it signs itself. */
class SignedWordsTest {
    private static final TrustDomain DOMAIN = new TrustDomain("tlvm.test");
    private static final VmUid VM = new VmUid("0d6f6a6e-3d5f-4c1a-9f3b-5a7c1f0c0001");
    private static final OperationId OP = new OperationId("7e6f6a6e-3d5f-4c1a-9f3b-5a7c1f0c0002");
    private static final Epoch BEFORE = new Epoch(2);
    private static final Epoch AFTER = new Epoch(3);
    private static final Digest DIGEST = new Digest("sha256:" + "cd".repeat(32));
    private static final NodeName SOURCE = new NodeName("node-a");
    private static final NodeName TARGET = new NodeName("node-b");

    private final TestPki authority = new TestPki("test");
    private final List<PkiDirectory> open = new ArrayList<>();
    private Path directory;
    private PkiDirectory service;

    @BeforeEach
    void issue(@TempDir Path temporary) {
        directory = temporary;
        service = identity(authority, "vm-service", DOMAIN.service("vm-service").uri());
    }

    @AfterEach
    void close() {
        open.forEach(PkiDirectory::close);
    }

    private PkiDirectory identity(TestPki by, String name, String uri) {
        PkiDirectory files = PkiDirectory.open(by.issue(directory.resolve(name), uri));
        open.add(files);
        return files;
    }

    private PkiDirectory node(NodeName name) {
        return identity(authority, name.value(), DOMAIN.node(name.value()).uri());
    }

    private Plans plans() {
        return new Plans(service.trustManager(), DOMAIN, Clock.systemUTC());
    }

    private static SignedMigrationPlan signed(PkiDirectory by) {
        Instant deadline = Instant.now().plus(Duration.ofMinutes(5));
        SignedStatement statement =
                new CertificateSigner(by.keyManager())
                        .sign(
                                MigrationPlan.newBuilder()
                                        .setCommand(
                                                Command.newBuilder()
                                                        .setVmUid(VM.value())
                                                        .setOpId(OP.value())
                                                        .setEpoch(AFTER.value())
                                                        .setRowVersion(4))
                                        .setSourceEpoch(BEFORE.value())
                                        .setSourceNode(SOURCE.value())
                                        .setTargetNode(TARGET.value())
                                        .setTargetAddress("127.0.0.1:9103")
                                        .setDeadline(
                                                Timestamp.newBuilder()
                                                        .setSeconds(deadline.getEpochSecond()))
                                        .build()
                                        .toByteString());
        return SignedMigrationPlan.newBuilder()
                .setPlan(statement.getStatement())
                .setSignature(statement.getSignature())
                .addAllCertificateChain(statement.getCertificateChainList())
                .build();
    }

    @Test
    void a_plan_of_vm_service_is_taken() throws PlanRejected {
        assertThat(plans().verify(signed(service)).target()).isEqualTo(TARGET);
    }

    @Test
    void a_plan_by_anybody_else_is_not() {
        assertThatThrownBy(() -> plans().verify(signed(node(SOURCE))))
                .isInstanceOf(PlanRejected.class)
                .hasMessageContaining("node-a");
        var stranger =
                identity(new TestPki("other"), "stranger", DOMAIN.service("vm-service").uri());
        assertThatThrownBy(() -> plans().verify(signed(stranger)))
                .isInstanceOf(PlanRejected.class)
                .hasMessageContaining("not accepted");
        assertThatThrownBy(
                        () ->
                                plans().verify(
                                                signed(service).toBuilder()
                                                        .clearCertificateChain()
                                                        .build()))
                .isInstanceOf(PlanRejected.class);
    }

    @Test
    void a_plan_that_was_changed_is_not() {
        SignedMigrationPlan genuine = signed(service);
        ByteString changed = genuine.getPlan().concat(ByteString.copyFrom(new byte[] {0x40, 0x01}));

        assertThatThrownBy(() -> plans().verify(genuine.toBuilder().setPlan(changed).build()))
                .isInstanceOf(PlanRejected.class)
                .hasMessageContaining("not over these bytes");
    }

    @Test
    void a_plan_after_its_certificate_ended_is_not() {
        SignedMigrationPlan genuine = signed(service);
        var later =
                new Plans(
                        service.trustManager(),
                        DOMAIN,
                        Clock.offset(Clock.systemUTC(), Duration.ofDays(1).plusHours(1)));

        assertThatThrownBy(() -> later.verify(genuine)).isInstanceOf(PlanRejected.class);
    }

    private HandOverWitness witness(NodeName node) {
        return new HandOverWitness(
                node, new CertificateSigner(node(node).keyManager()), Clock.systemUTC());
    }

    private static HandOverStatement known() {
        return HandOverStatement.newBuilder()
                .setVmUid(VM.value())
                .setOpId(OP.value())
                .setSourceNode(SOURCE.value())
                .setTargetNode(TARGET.value())
                .setEpochBefore(BEFORE.value())
                .setEpochAfter(AFTER.value())
                .setDigest(DIGEST.value())
                .build();
    }

    private HandOvers handOvers() {
        return new HandOvers(new SignatureCheck(service.trustManager()), DOMAIN);
    }

    @Test
    void a_target_signs_what_it_took_over_once_it_is_its_own_epoch() {
        AgentView journal =
                AgentView.of(
                        List.of(
                                new JournalRecord.Prepared(
                                        OP, AFTER, StateRef.ofAttempt(AFTER, OP), SOURCE),
                                new JournalRecord.Loaded(OP, AFTER, DIGEST)));

        SignedStatement word = witness(TARGET).asTarget(VM, journal, OP, AFTER).orElseThrow();
        assertThatCode(() -> handOvers().require(word, Party.PARTY_TARGET, known()))
                .doesNotThrowAnyException();
        // Started anew after the hand-over.
        assertThat(witness(TARGET).asTarget(VM, journal, OP, new Epoch(4))).isEmpty();
        assertThat(witness(TARGET).asTarget(VM, AgentView.EMPTY, OP, AFTER)).isEmpty();
    }

    @Test
    void a_source_signs_only_after_it_destroyed_its_copy() {
        AgentView promised =
                AgentView.of(
                        List.of(
                                new JournalRecord.Outgoing(OP, BEFORE, TARGET),
                                new JournalRecord.Released(OP, BEFORE, DIGEST)));
        assertThat(witness(SOURCE).asSource(VM, promised, OP, BEFORE)).isEmpty();

        AgentView destroyed = promised.with(new JournalRecord.Tombstone(OP, BEFORE));
        SignedStatement word = witness(SOURCE).asSource(VM, destroyed, OP, BEFORE).orElseThrow();
        assertThatCode(() -> handOvers().require(word, Party.PARTY_SOURCE, known()))
                .doesNotThrowAnyException();
        assertThatThrownBy(
                        () ->
                                handOvers()
                                        .require(
                                                word,
                                                Party.PARTY_SOURCE,
                                                known().toBuilder()
                                                        .setTargetNode("node-c")
                                                        .build()))
                .hasMessageContaining("target");
    }

    @Test
    void a_lost_node_that_promised_nothing_signs_nothing() {
        AgentView journal = AgentView.of(List.of(new JournalRecord.Tombstone(OP, BEFORE)));

        assertThat(witness(SOURCE).asSource(VM, journal, OP, BEFORE)).isEmpty();
    }
}
