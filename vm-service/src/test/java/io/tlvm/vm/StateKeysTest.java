package io.tlvm.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.Duration;
import com.google.rpc.Code;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tlvm.compute.v1.DeleteVirtualMachineRequest;
import io.tlvm.compute.v1.VirtualMachine;
import io.tlvm.foundation.refusal.RefusalView;
import io.tlvm.node.v1.ClusterServiceGrpc;
import io.tlvm.node.v1.DirectoryKey;
import io.tlvm.node.v1.GetStandingRequest;
import io.tlvm.node.v1.NodeStanding;
import io.tlvm.node.v1.OwnershipView;
import io.tlvm.node.v1.ReportStateKeysRequest;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.vm.keys.KeyWrap;
import io.tlvm.vm.keys.WrapRecords;
import io.tlvm.vm.world.ScriptedKeys;
import io.tlvm.vm.world.TestCluster;
import io.tlvm.vm.world.World;

import jakarta.inject.Inject;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

import java.io.IOException;
import java.util.List;

/** How the wraps of state keys come to vm-service and go again. */
@QuarkusTest
@QuarkusTestResource(World.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StateKeysTest {
    private TestCluster cluster;
    @Inject WrapRecords records;

    @BeforeAll
    void open() throws IOException {
        cluster = new TestCluster("node-s", "node-t");
    }

    @AfterAll
    void close() {
        cluster.close();
    }

    @Test
    void a_created_machines_key_is_kept_before_it_runs_and_moves_along_and_is_gone_when_purged() {
        VirtualMachine vm = cluster.running("keys-of-a-life");
        StateRef first = stateRef(vm);
        assertThat(wraps(vm, first)).hasSize(1);

        var unused = cluster.succeeded(cluster.migrate("keys-of-a-life"));
        StateRef second = stateRef(vm);
        assertThat(second).isNotEqualTo(first);
        assertThat(wraps(vm, second)).hasSize(1);
        Awaitility.await()
                .untilAsserted(
                        () ->
                                assertThat(wraps(vm, first))
                                        .as("the source's directory is destroyed, its wraps too")
                                        .isEmpty());

        cluster.ended(
                cluster.vms.deleteVirtualMachine(
                        DeleteVirtualMachineRequest.newBuilder()
                                .setName(vm.getName())
                                .setForce(true)
                                .setRetain(Duration.newBuilder())
                                .build()));
        Awaitility.await().untilAsserted(() -> assertThat(wraps(vm, second)).isEmpty());
    }

    @Test
    void a_node_reports_the_keys_of_its_own_directories_alone() {
        VirtualMachine vm = cluster.running("keys-reported");
        StateRef directory = stateRef(vm);
        List<KeyWrap> kept = wraps(vm, directory);
        records.forget(new VmUid(vm.getUid()), directory);

        report("node-t", cluster.second.keys(), vm, directory);
        assertThat(wraps(vm, directory))
                .as("a node that the row does not name speaks for nobody's directory")
                .isEmpty();

        report("node-s", cluster.first.keys(), vm, new StateRef("g99-0a1b2c3d"));
        assertThat(wraps(vm, new StateRef("g99-0a1b2c3d"))).isEmpty();

        report("node-s", cluster.first.keys(), vm, directory);
        assertThat(wraps(vm, directory)).hasSameSizeAs(kept);
    }

    @Test
    void a_node_hears_its_standing_and_the_rows_that_concern_it() {
        VirtualMachine vm = cluster.running("keys-standing");

        var own =
                cluster("node-s")
                        .getStanding(GetStandingRequest.newBuilder().setNode("node-s").build());
        var never =
                cluster("node-u")
                        .getStanding(
                                GetStandingRequest.newBuilder()
                                        .setNode("node-u")
                                        .addVmUids(vm.getUid())
                                        .build());
        RefusalView other =
                RefusalView.of(
                        catchThrowable(
                                () ->
                                        cluster("node-u")
                                                .getStanding(
                                                        GetStandingRequest.newBuilder()
                                                                .setNode("node-s")
                                                                .build())));

        assertThat(own.getStanding()).isEqualTo(NodeStanding.NODE_STANDING_UP);
        assertThat(own.getRowsList()).extracting(OwnershipView::getVmUid).contains(vm.getUid());
        assertThat(never.getStanding()).isEqualTo(NodeStanding.NODE_STANDING_NEW);
        assertThat(never.getRowsList())
                .as("a node that held state of it long ago learns who owns it now")
                .extracting(OwnershipView::getOwner)
                .containsExactly("node-s");
        assertThat(other.code()).isEqualTo(Code.PERMISSION_DENIED);
    }

    private void report(String node, ScriptedKeys keys, VirtualMachine vm, StateRef directory) {
        var unused =
                cluster(node)
                        .reportStateKeys(
                                ReportStateKeysRequest.newBuilder()
                                        .setNode(node)
                                        .addKeys(
                                                DirectoryKey.newBuilder()
                                                        .setVmUid(vm.getUid())
                                                        .setStateRef(directory.value())
                                                        .addAllWraps(
                                                                keys.wraps(
                                                                        vm.getUid(),
                                                                        directory.value())))
                                        .build());
    }

    private ClusterServiceGrpc.ClusterServiceBlockingStub cluster(String node) {
        return ClusterServiceGrpc.newBlockingStub(cluster.as(node));
    }

    private StateRef stateRef(VirtualMachine vm) {
        return new StateRef(
                cluster("node-s")
                        .getStanding(
                                GetStandingRequest.newBuilder()
                                        .setNode("node-s")
                                        .addVmUids(vm.getUid())
                                        .build())
                        .getRowsList()
                        .stream()
                        .filter(row -> row.getVmUid().equals(vm.getUid()))
                        .findFirst()
                        .orElseThrow()
                        .getStateRef());
    }

    private List<KeyWrap> wraps(VirtualMachine vm, StateRef directory) {
        return records.find(new VmUid(vm.getUid()), directory);
    }
}
