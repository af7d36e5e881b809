package io.tlvm.vm;

import static io.tlvm.foundation.refusal.Refused.refused;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tlvm.compute.v1.AuditExportItem;
import io.tlvm.compute.v1.AuditHead;
import io.tlvm.compute.v1.AuditRecord;
import io.tlvm.compute.v1.AuditRecord.ChangeCase;
import io.tlvm.compute.v1.AuditServiceGrpc;
import io.tlvm.compute.v1.AuditServiceGrpc.AuditServiceBlockingStub;
import io.tlvm.compute.v1.DeleteVirtualMachineRequest;
import io.tlvm.compute.v1.ExportAuditRequest;
import io.tlvm.compute.v1.GetAuditHeadRequest;
import io.tlvm.compute.v1.ListAuditRecordsRequest;
import io.tlvm.compute.v1.VirtualMachine;
import io.tlvm.foundation.audit.AuditVerifier;
import io.tlvm.foundation.audit.AuditVerifier.Whole;
import io.tlvm.foundation.audit.ChainBrokenException;
import io.tlvm.foundation.identity.TrustDomain;
import io.tlvm.foundation.signature.SignatureCheck;
import io.tlvm.foundation.tls.PkiDirectory;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.row.Coordinator;
import io.tlvm.ownership.row.Decision;
import io.tlvm.ownership.row.Event;
import io.tlvm.ownership.row.Nodes;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Phase;
import io.tlvm.type.v1.ErrorReason;
import io.tlvm.vm.audit.AuditChain;
import io.tlvm.vm.audit.Cause;
import io.tlvm.vm.audit.HandOverProof;
import io.tlvm.vm.machine.MachineRecords;
import io.tlvm.vm.migration.MigrationRecord;
import io.tlvm.vm.ownership.OwnershipRows;
import io.tlvm.vm.world.TestCluster;
import io.tlvm.vm.world.World;

import jakarta.inject.Inject;

import org.awaitility.Awaitility;
import org.eclipse.microprofile.config.ConfigProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** What the chain in the database says about what happened, read from outside. */
@QuarkusTest
@QuarkusTestResource(World.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AuditTest {
    private static final int NOTES = 300;

    @Inject AuditChain chain;
    @Inject OwnershipRows rows;
    @Inject MachineRecords machines;

    private TestCluster cluster;
    private AuditServiceBlockingStub audit;

    @BeforeAll
    void start() throws IOException {
        cluster = new TestCluster("node-y", "node-z");
        audit = AuditServiceGrpc.newBlockingStub(cluster.as("admin"));
    }

    @AfterAll
    void stop() {
        cluster.close();
    }

    private AuditVerifier verifier() {
        return new AuditVerifier(
                new SignatureCheck(
                        PkiDirectory.authorities(cluster.directory().resolve("admin/ca.crt"))),
                new TrustDomain("tlvm.test"));
    }

    /** Everything that is noted by now is in the chain that is read. */
    private Whole verified() throws ChainBrokenException {
        return verified(verifier());
    }

    private Whole verified(AuditVerifier verifier) throws ChainBrokenException {
        chained();
        long after = 0;
        while (true) {
            List<AuditExportItem> items =
                    audit.exportAudit(
                                    ExportAuditRequest.newBuilder()
                                            .setAfterSequence(after)
                                            .setMaxRecords(7)
                                            .build())
                            .getItemsList();
            long read = 0;
            for (AuditExportItem item : items) {
                verifier.take(item);
                read += item.hasRecord() ? 1 : 0;
            }
            if (read == 0) {
                return verifier.end();
            }
            after += read;
        }
    }

    private void chained() {
        while (chain.chain(100) > 0) {
            // until nothing is left
        }
    }

    private List<AuditRecord> of(String vm) {
        chained();
        return audit.listAuditRecords(
                        ListAuditRecordsRequest.newBuilder()
                                .setPageSize(500)
                                .setVirtualMachine(vm)
                                .build())
                .getRecordsList();
    }

    private static List<String> events(List<AuditRecord> records) {
        return records.stream()
                .map(
                        record ->
                                record.hasRowChange()
                                        ? record.getRowChange().getEvent()
                                        : record.getChangeCase().name())
                .toList();
    }

    @Test
    void the_life_of_a_vm_is_in_the_chain_with_who_asked_for_what() throws ChainBrokenException {
        VirtualMachine vm = cluster.running("audited");
        cluster.succeeded(cluster.migrate("audited"));

        List<AuditRecord> records = of(TestCluster.name("audited"));
        assertThat(events(records))
                .containsExactly(
                        "MACHINE_CREATED",
                        "Placed",
                        "StateCreated",
                        "StartAsked",
                        "Activated",
                        "MigrationAsked",
                        "TargetPrepared",
                        "SourceReady",
                        "SourceReleased",
                        "TargetLoaded",
                        "Activated",
                        "CleanedUp",
                        "HAND_OVER");
        assertThat(records).allSatisfy(r -> assertThat(r.getVmUid()).isEqualTo(vm.getUid()));
        assertThat(records.get(0).getActor()).isEqualTo("spiffe://tlvm.test/user/alice");
        assertThat(records.get(5).getActor()).isEqualTo("spiffe://tlvm.test/user/alice");
        assertThat(records.get(9).getActor()).isEqualTo("vm-service");
        var commit = records.get(9).getRowChange();
        assertThat(commit.getBefore().getPhase()).isEqualTo("RELEASED");
        assertThat(commit.getBefore().getOwner()).isEqualTo("node-y");
        assertThat(commit.getAfter().getPhase()).isEqualTo("RUNNING");
        assertThat(commit.getAfter().getOwner()).isEqualTo("node-z");
        assertThat(commit.getAfter().getEpoch()).isEqualTo(3);
        assertThat(of(vm.getUid())).isEqualTo(records);
        assertThat(cluster.get("audited").getLastMigration().getReceipt()).isEqualTo("complete");

        Whole whole = verified();
        assertThat(whole.handOvers()).isPositive();
    }

    @Test
    void a_vm_that_is_purged_stays_in_the_chain_under_its_name() {
        cluster.running("purged");
        cluster.succeeded(
                cluster.vms.deleteVirtualMachine(
                        DeleteVirtualMachineRequest.newBuilder()
                                .setName(TestCluster.name("purged"))
                                .setForce(true)
                                .setRetain(Duration.getDefaultInstance())
                                .build()));

        List<AuditRecord> records = of(TestCluster.name("purged"));
        assertThat(events(records))
                .containsSubsequence("StopAsked", "Exited", "DeleteAsked", "PurgeAsked", "Purged");
        assertThat(records)
                .filteredOn(r -> r.getRowChange().getEvent().equals("DeleteAsked"))
                .singleElement()
                .extracting(AuditRecord::getActor)
                .isEqualTo("spiffe://tlvm.test/user/alice");
    }

    @Test
    void a_vm_that_ends_without_ever_having_had_a_row_leaves_one_record() {
        VirtualMachine vm = cluster.running("rowless");
        var op = new OperationId(UUID.randomUUID().toString());
        machines.remove(new VmUid(vm.getUid()), op);
        machines.remove(new VmUid(vm.getUid()), op);

        assertThat(events(of(vm.getUid()))).containsOnlyOnce("MACHINE_REMOVED");
    }

    @Test
    void a_receipt_that_somebody_else_signed_is_refused_and_the_move_stays_complete()
            throws ChainBrokenException, IOException {
        cluster.running("forged");
        cluster.second.signWith(cluster.directory().resolve("node-a"));
        try {
            VirtualMachine moved = cluster.succeeded(cluster.migrate("forged"));

            assertThat(moved.getNode()).isEqualTo("nodes/node-z");
            assertThat(moved.getLastMigration().getReceipt())
                    .contains("target", "node-a", "node-z");
        } finally {
            cluster.second.signWith(cluster.directory().resolve("node-z"));
        }
        assertThat(of(TestCluster.name("forged")).getLast().getChangeCase())
                .isEqualTo(ChangeCase.HAND_OVER_UNPROVEN);
        assertThat(verified().unproven()).isPositive();
    }

    @Test
    void nodes_that_join_are_in_the_chain_once() {
        cluster.first.kill();
        cluster.first.restart();
        chained();

        assertThat(
                        audit.listAuditRecords(
                                        ListAuditRecordsRequest.newBuilder()
                                                .setPageSize(500)
                                                .build())
                                .getRecordsList())
                .filteredOn(record -> record.getNode().equals("node-y"))
                .singleElement()
                .satisfies(
                        record -> {
                            assertThat(record.getActor())
                                    .isEqualTo("spiffe://tlvm.test/node/node-y/igvm-agent");
                            assertThat(record.getNodeChange().getAfter()).isEqualTo("UP");
                        });
    }

    @Test
    void a_change_that_is_rolled_back_leaves_no_record_and_a_refused_one_neither() {
        VirtualMachine vm = cluster.running("undone");
        List<AuditRecord> before = of(vm.getUid());
        OwnershipRow row = rows.read(new VmUid(vm.getUid())).orElseThrow();
        var op = new OperationId(UUID.randomUUID().toString());

        assertThatThrownBy(
                        () ->
                                rows.swap(
                                        row.vm(),
                                        new FailsAfterwards(
                                                new Event.StopAsked(op, Phase.StopMode.FORCED))))
                .hasMessageContaining("after the note");
        assertThat(rows.read(row.vm())).contains(row);
        assertThat(of(vm.getUid())).isEqualTo(before);

        assertThat(rows.swap(row.vm(), new FailsAfterwards(new Event.UndeleteAsked(op))))
                .isInstanceOf(OwnershipRows.Swap.Denied.class);
        assertThat(of(vm.getUid())).isEqualTo(before);
    }

    /** Lets the transaction fail when row and note are written. */
    private record FailsAfterwards(Event event) implements OwnershipRows.Transition {
        @Override
        public Set<NodeName> asksAbout() {
            return Set.of();
        }

        @Override
        public Decision decide(OwnershipRow row, Nodes nodes) {
            return Coordinator.decide(row, event, nodes);
        }

        @Override
        public Optional<MigrationRecord> record(
                Optional<MigrationRecord> written, OwnershipRow row, OwnershipRow next) {
            return written;
        }

        @Override
        public Cause cause() {
            return Cause.of(event);
        }

        @Override
        public Optional<HandOverProof> handOver() {
            throw new IllegalStateException("after the note");
        }
    }

    @Test
    void several_appenders_write_one_whole_chain() throws Exception {
        chained();
        long before = chain.head().sequence();
        note(NOTES);
        List<Integer> turns = new ArrayList<>();
        try (var appenders = Executors.newVirtualThreadPerTaskExecutor()) {
            var working = new ArrayList<Future<Integer>>();
            // Besides the service's own, as in other replicas.
            for (int i = 0; i < 4; i++) {
                working.add(appenders.submit(this::chainInSmallSteps));
            }
            for (Future<Integer> one : working) {
                turns.add(one.get());
            }
        }

        assertThat(turns.stream().filter(turn -> turn > 0)).as("took part").hasSizeGreaterThan(1);
        assertThat(verified().records()).isGreaterThanOrEqualTo(before + NOTES);
    }

    private int chainInSmallSteps() {
        int mine = 0;
        for (int now = 1; now > 0; mine += now) {
            now = chain.chain(3);
        }
        return mine;
    }

    /** As transactions leave them behind. */
    private static void note(int notes) throws SQLException {
        try (Connection database = database();
                var insert =
                        database.prepareStatement(
                                "insert into audit_pending (actor, content) values ('vm-service',"
                                        + " ?)")) {
            for (int i = 0; i < notes; i++) {
                insert.setBytes(
                        1,
                        AuditRecord.newBuilder()
                                .setVmUid(UUID.randomUUID().toString())
                                .build()
                                .toByteArray());
                insert.addBatch();
            }
            int[] unused = insert.executeBatch();
        }
    }

    private static Connection database() throws SQLException {
        var config = ConfigProvider.getConfig();
        return DriverManager.getConnection(
                config.getValue("quarkus.datasource.jdbc.url", String.class),
                config.getValue("quarkus.datasource.username", String.class),
                config.getValue("quarkus.datasource.password", String.class));
    }

    @Test
    void a_checkpoint_covers_what_was_written_and_holds_later() throws Exception {
        cluster.running("covered");
        AuditHead head =
                Awaitility.await()
                        .until(
                                () -> audit.getAuditHead(GetAuditHeadRequest.getDefaultInstance()),
                                AuditHead::hasCheckpoint);
        cluster.running("after");

        AuditVerifier withKept = verifier();
        withKept.expect(head.getCheckpoint());
        Whole whole = verified(withKept);
        assertThat(whole.covered()).isPositive();
        assertThat(whole.records()).isGreaterThan(head.getSequence());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "update audit_record set record = record",
                "delete from audit_record",
                "truncate audit_record cascade",
                "delete from audit_checkpoint"
            })
    void the_database_refuses_to_change_what_is_written(String statement) throws SQLException {
        try (Connection database = database();
                var sql = database.createStatement()) {
            assertThatThrownBy(() -> sql.execute(statement)).hasMessageContaining("append-only");
        }
    }

    @Test
    void lists_are_paged_and_bounded_by_time() {
        VirtualMachine vm = cluster.running("listed");
        List<AuditRecord> all = of(vm.getUid());
        var request =
                ListAuditRecordsRequest.newBuilder()
                        .setVirtualMachine(TestCluster.name("listed"))
                        .setPageSize(2)
                        .build();
        var first = audit.listAuditRecords(request);
        var second =
                audit.listAuditRecords(
                        request.toBuilder().setPageToken(first.getNextPageToken()).build());
        assertThat(first.getRecordsList()).isEqualTo(all.subList(0, 2));
        assertThat(second.getRecordsList()).isEqualTo(all.subList(2, 4));

        Timestamp third = all.get(2).getTime();
        assertThat(
                        audit.listAuditRecords(
                                        request.toBuilder()
                                                .setPageSize(500)
                                                .setStartTime(third)
                                                .build())
                                .getRecordsList())
                .isEqualTo(all.subList(2, all.size()));
        assertThat(
                        audit.listAuditRecords(
                                        request.toBuilder()
                                                .setPageSize(500)
                                                .setEndTime(third)
                                                .build())
                                .getRecordsList())
                .isEqualTo(all.subList(0, 2));
    }

    @Test
    void only_administrators_read_it() {
        var user = AuditServiceGrpc.newBlockingStub(cluster.as("alice"));
        assertThat(
                        refused(() -> user.exportAudit(ExportAuditRequest.getDefaultInstance()))
                                .reason())
                .isEqualTo(ErrorReason.ERROR_REASON_PERMISSION_DENIED);
        assertThat(
                        refused(
                                        () ->
                                                user.listAuditRecords(
                                                        ListAuditRecordsRequest
                                                                .getDefaultInstance()))
                                .reason())
                .isEqualTo(ErrorReason.ERROR_REASON_PERMISSION_DENIED);
    }
}
