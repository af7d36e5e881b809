package io.tlvm.vm;

import static io.tlvm.foundation.refusal.Refused.refused;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.longrunning.ListOperationsRequest;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tlvm.compute.v1.ListVirtualMachinesRequest;
import io.tlvm.compute.v1.WatchServiceGrpc;
import io.tlvm.compute.v1.WatchVirtualMachinesRequest;
import io.tlvm.compute.v1.WatchVirtualMachinesResponse;
import io.tlvm.type.v1.ErrorReason;
import io.tlvm.vm.world.TestCluster;
import io.tlvm.vm.world.World;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** Pages of VMs and operations, and the stream of their changes. */
@QuarkusTest
@QuarkusTestResource(World.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ListsAndWatchTest {
    private TestCluster cluster;

    @BeforeAll
    void start() throws IOException {
        cluster = new TestCluster("node-m", "node-n");
    }

    @AfterAll
    void stop() {
        cluster.close();
    }

    @Test
    void lists_are_paged_by_name_and_a_token_of_another_list_is_refused() {
        cluster.running("page-1");
        cluster.running("page-2");
        var first =
                cluster.vms.listVirtualMachines(
                        ListVirtualMachinesRequest.newBuilder()
                                .setParent("projects/default")
                                .setPageSize(1)
                                .build());
        assertThat(first.getVirtualMachinesList()).hasSize(1);
        var second =
                cluster.vms.listVirtualMachines(
                        ListVirtualMachinesRequest.newBuilder()
                                .setParent("projects/default")
                                .setPageSize(1)
                                .setPageToken(first.getNextPageToken())
                                .build());
        assertThat(second.getVirtualMachines(0).getName())
                .isGreaterThan(first.getVirtualMachines(0).getName());
        assertThat(
                        refused(
                                        () ->
                                                cluster.vms.listVirtualMachines(
                                                        ListVirtualMachinesRequest.newBuilder()
                                                                .setParent("projects/other")
                                                                .setPageToken(
                                                                        first.getNextPageToken())
                                                                .build()))
                                .reason())
                .isEqualTo(ErrorReason.ERROR_REASON_PAGE_TOKEN_INVALID);
        assertThat(
                        cluster.operations
                                .listOperations(
                                        ListOperationsRequest.newBuilder()
                                                .setName("projects/default")
                                                .setFilter(
                                                        "target=\""
                                                                + TestCluster.name("page-1")
                                                                + "\"")
                                                .build())
                                .getOperationsList())
                .hasSize(1);
    }

    @Test
    void a_watch_shows_what_is_there_then_what_changes_and_goes_on_where_it_ended() {
        cluster.running("watched");
        var watch =
                WatchServiceGrpc.newBlockingStub(cluster.as("alice"))
                        .withDeadlineAfter(30, TimeUnit.SECONDS);
        var events =
                watch.watchVirtualMachines(
                        WatchVirtualMachinesRequest.newBuilder()
                                .setParent("projects/default")
                                .build());
        String token = "";
        boolean seen = false;
        for (WatchVirtualMachinesResponse event = events.next(); ; event = events.next()) {
            seen |= event.getVirtualMachine().getName().equals(TestCluster.name("watched"));
            if (event.getType() == WatchVirtualMachinesResponse.Type.TYPE_BOOKMARK) {
                token = event.getResumeToken();
                break;
            }
            assertThat(event.getType()).isEqualTo(WatchVirtualMachinesResponse.Type.TYPE_ADDED);
        }
        assertThat(seen).isTrue();

        cluster.running("new-one");
        var resumed =
                watch.watchVirtualMachines(
                        WatchVirtualMachinesRequest.newBuilder()
                                .setParent("projects/default")
                                .setResumeToken(token)
                                .build());
        WatchVirtualMachinesResponse event = resumed.next();
        while (!event.getVirtualMachine().getName().equals(TestCluster.name("new-one"))) {
            event = resumed.next();
        }
        assertThat(event.getType()).isEqualTo(WatchVirtualMachinesResponse.Type.TYPE_ADDED);

        var foreign =
                watch.watchVirtualMachines(
                        WatchVirtualMachinesRequest.newBuilder()
                                .setParent("projects/default")
                                .setResumeToken("00000000-5")
                                .build());
        assertThat(refused(foreign::next).reason())
                .isEqualTo(ErrorReason.ERROR_REASON_WATCH_EXPIRED);
    }
}
