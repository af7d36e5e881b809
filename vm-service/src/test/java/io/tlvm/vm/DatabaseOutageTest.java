package io.tlvm.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.longrunning.ListOperationsRequest;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tlvm.compute.v1.ListNodesRequest;
import io.tlvm.compute.v1.NodeServiceGrpc;
import io.tlvm.compute.v1.VirtualMachine;
import io.tlvm.foundation.outage.Outage;
import io.tlvm.foundation.outage.PostgresServer;
import io.tlvm.vm.world.TestCluster;
import io.tlvm.vm.world.World;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

/** PostgreSQL goes and comes back while the service runs. */
@QuarkusTest
@QuarkusTestResource(World.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DatabaseOutageTest {
    private static final Duration BACK_MAX = Duration.ofSeconds(60);

    private TestCluster cluster;

    @BeforeAll
    void open() throws IOException {
        cluster = new TestCluster("node-o", "node-p");
    }

    @AfterAll
    void close() {
        cluster.close();
    }

    @Test
    void calls_fail_with_the_reason_while_it_is_away_and_work_again_without_a_restart() {
        VirtualMachine before = cluster.running("before-outage");
        var create = cluster.create("in-outage").setRequestId(UUID.randomUUID().toString()).build();
        List<ThrowingCallable> calls =
                List.of(
                        () -> cluster.get("before-outage"),
                        () -> cluster.vms.createVirtualMachine(create),
                        () ->
                                NodeServiceGrpc.newBlockingStub(cluster.as("alice"))
                                        .listNodes(ListNodesRequest.getDefaultInstance()),
                        () ->
                                cluster.operations.listOperations(
                                        ListOperationsRequest.newBuilder()
                                                .setName("projects/default")
                                                .build()));
        var postgres = new PostgresServer(cluster.directory().resolve("postgres"));

        postgres.stop();
        try {
            calls.forEach(Outage::isTheReasonOf);
            assertThat(cluster.first.runs(before.getUid()))
                    .as("guests run on whatever the control plane does")
                    .isTrue();
        } finally {
            postgres.start();
        }

        await().atMost(BACK_MAX)
                .ignoreExceptions()
                .until(() -> cluster.get("before-outage").getUid().equals(before.getUid()));
        VirtualMachine created = cluster.succeeded(cluster.vms.createVirtualMachine(create));
        assertThat(created.getPowerState())
                .isEqualTo(VirtualMachine.PowerState.POWER_STATE_RUNNING);
    }
}
