package io.tlvm.agent.machine;

import static io.tlvm.agent.machine.AgentLab.eventually;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;

import io.tlvm.agent.cluster.CapabilityReport;
import io.tlvm.agent.cluster.ClusterLink;
import io.tlvm.agent.cluster.JoinState;
import io.tlvm.agent.cluster.Membership;
import io.tlvm.agent.keys.OneTimeKey;
import io.tlvm.agent.machine.AgentLab.Node;
import io.tlvm.foundation.keyset.KeyContexts;
import io.tlvm.node.v1.CleanedMachine;
import io.tlvm.node.v1.DirectoryKey;
import io.tlvm.node.v1.GetStandingRequest;
import io.tlvm.node.v1.GetStandingResponse;
import io.tlvm.node.v1.JoinRequest;
import io.tlvm.node.v1.JoinResponse;
import io.tlvm.node.v1.MachineState;
import io.tlvm.node.v1.NodeStanding;
import io.tlvm.node.v1.OwnershipView;
import io.tlvm.node.v1.RenewRequest;
import io.tlvm.node.v1.RenewResponse;
import io.tlvm.node.v1.ReportStateKeysRequest;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What an agent does before it is a member, and what it tells then; a real guest, a told cluster.
 */
class MembershipTest {
    private static final OneTimeKey VAULT = OneTimeKey.generate();
    private static AgentLab lab;

    @BeforeAll
    static void open() throws Exception {
        lab = new AgentLab();
    }

    @AfterAll
    static void close() throws Exception {
        lab.close();
    }

    @Test
    void a_fenced_node_cleans_up_before_it_asks_to_join_and_takes_no_command_until_it_may()
            throws Exception {
        Node node = lab.node("node-a");
        LabMachine moved = new LabMachine(lab);
        moved.create(node);
        moved.start(node);
        long qemu = node.paths(moved).getQemuPid();
        String stranger = UUID.randomUUID().toString();
        var cluster = new ToldCluster();
        cluster.standing =
                GetStandingResponse.newBuilder()
                        .setStanding(NodeStanding.NODE_STANDING_FENCED)
                        .addRows(row(moved.vm.value(), 100, "node-b", "g9-0a1b2c3d"))
                        .addRows(row(stranger, 7, "node-b", "g2-0a1b2c3d"))
                        .build();
        cluster.refusals = 1;
        var state = new JoinState();

        try (Membership membership = membership(node, cluster, state)) {
            membership.start();
            eventually(() -> cluster.joins.size() == 1);

            assertThat(ProcessHandle.of(qemu)).as("killed before the node asked").isEmpty();
            assertThat(state.isJoined()).isFalse();
            JoinRequest asked = cluster.joins.getFirst();
            assertThat(asked.getCleanedList())
                    .containsExactlyInAnyOrder(
                            CleanedMachine.newBuilder()
                                    .setVmUid(moved.vm.value())
                                    .setRowVersion(100)
                                    .setKilled(true)
                                    .addDestroyed(moved.directory().value())
                                    .build(),
                            CleanedMachine.newBuilder()
                                    .setVmUid(stranger)
                                    .setRowVersion(7)
                                    .build());
            assertThat(asked.getMachinesList())
                    .as("read after the cleaning, also of a machine that had no journal here")
                    .allMatch(report -> report.getState() == MachineState.MACHINE_STATE_NONE)
                    .anyMatch(
                            report ->
                                    report.getVmUid().equals(moved.vm.value())
                                            && report.getRowVersion() == 100)
                    .anyMatch(
                            report ->
                                    report.getVmUid().equals(stranger)
                                            && report.getRowVersion() == 7);

            eventually(state::isJoined);
            assertThat(cluster.standings).as("asked anew for each try").hasSizeGreaterThan(1);
        }
    }

    @Test
    void a_member_that_only_restarted_keeps_its_guest_and_reports_keys_that_nobody_has()
            throws Exception {
        Node node = lab.node("node-c");
        LabMachine machine = new LabMachine(lab);
        machine.create(node);
        machine.start(node);
        long qemu = node.paths(machine).getQemuPid();
        var cluster = new ToldCluster();
        cluster.standing =
                GetStandingResponse.newBuilder()
                        .setStanding(NodeStanding.NODE_STANDING_UP)
                        .addRows(row(machine.vm.value(), 100, "node-b", "g9-0a1b2c3d"))
                        .build();
        var state = new JoinState();

        try (Membership membership = membership(node, cluster, state)) {
            membership.start();
            eventually(() -> !cluster.keys.isEmpty());

            assertThat(node.paths(machine).getQemuPid())
                    .as("what is owed to it is told by commands")
                    .isEqualTo(qemu);
            DirectoryKey key = cluster.keys.getFirst();
            assertThat(key.getStateRef()).isEqualTo(machine.directory().value());
            String recipient = KeyContexts.recoveryRecipient("k7");
            assertThat(key.getWraps(0).getRecipient()).isEqualTo(recipient);
            assertThat(
                            VAULT.open(
                                    key.getWraps(0).getSealed().toByteArray(),
                                    KeyContexts.wrap(
                                            machine.vm.value(), key.getStateRef(), recipient)))
                    .hasSize(32);
            eventually(() -> cluster.renewals.get() > 3);
            assertThat(cluster.keys).as("told once").hasSize(1);
        }
        machine.stop(node);
    }

    private static Membership membership(Node node, ClusterLink cluster, JoinState state)
            throws Exception {
        return new Membership(
                node.name,
                node.address(),
                cluster,
                node.machines(),
                node.equipment.storage(),
                new CapabilityReport(
                        node.equipment.host(),
                        node.equipment.keys().node(),
                        node.identity(),
                        "test",
                        1,
                        1_000),
                node.equipment.keys(),
                state);
    }

    private static OwnershipView row(String vm, long version, String owner, String stateRef) {
        return OwnershipView.newBuilder()
                .setVmUid(new VmUid(vm).value())
                .setRowVersion(version)
                .setEpoch(9)
                .setOwner(owner)
                .setPhase("RUNNING")
                .setStateRef(new StateRef(stateRef).value())
                .build();
    }

    /** A control plane that says what it is told to. */
    private static final class ToldCluster implements ClusterLink {
        final List<GetStandingRequest> standings = new CopyOnWriteArrayList<>();
        final List<JoinRequest> joins = new CopyOnWriteArrayList<>();
        final List<DirectoryKey> keys = new CopyOnWriteArrayList<>();
        volatile GetStandingResponse standing = GetStandingResponse.getDefaultInstance();
        volatile int refusals;
        final AtomicInteger renewals = new AtomicInteger();

        @Override
        public GetStandingResponse standing(GetStandingRequest request) {
            standings.add(request);
            return standing;
        }

        @Override
        public JoinResponse join(JoinRequest request) throws ClusterSaysNo {
            joins.add(request);
            if (joins.size() <= refusals) {
                throw new ClusterSaysNo("a row changed meanwhile", false);
            }
            return JoinResponse.newBuilder()
                    .setRenewInterval(Duration.newBuilder().setNanos(50_000_000))
                    .setRecoveryKeyId("k7")
                    .setRecoveryPublicKey(ByteString.copyFrom(VAULT.publicKey()))
                    .build();
        }

        @Override
        public RenewResponse renew(RenewRequest request) {
            renewals.incrementAndGet();
            return RenewResponse.getDefaultInstance();
        }

        @Override
        public OwnershipView row(VmUid vm) throws ClusterSaysNo {
            throw new ClusterSaysNo("no such row", false);
        }

        @Override
        public void reportStateKeys(ReportStateKeysRequest request) {
            keys.addAll(request.getKeysList());
        }
    }
}
