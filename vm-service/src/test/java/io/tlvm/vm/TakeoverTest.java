package io.tlvm.vm;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.longrunning.Operation;

import io.quarkus.arc.All;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tlvm.compute.v1.VirtualMachine;
import io.tlvm.compute.v1.VirtualMachine.PowerState;
import io.tlvm.foundation.operation.OperationHandler;
import io.tlvm.foundation.operation.OperationRunner;
import io.tlvm.foundation.operation.OperationStore;
import io.tlvm.foundation.operation.RunnerSettings;
import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.vm.world.TestCluster;
import io.tlvm.vm.world.World;

import jakarta.inject.Inject;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

import javax.sql.DataSource;

/**
 * A replica dies in the middle of an operation: its claim ends, and another runner over the same
 * database goes on.
 */
@QuarkusTest
@QuarkusTestResource(World.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TakeoverTest {
    @Inject OperationStore store;

    @Inject @All List<OperationHandler> handlers;

    @Inject DataSource dataSource;

    private TestCluster cluster;

    @BeforeAll
    void start() throws IOException {
        cluster = new TestCluster("node-g", "node-h");
    }

    @AfterAll
    void stop() {
        cluster.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"PrepareDisks", "CreateState", "Run.COLD"})
    void a_create_that_lost_its_runner_in_any_step_is_finished_by_another(String rpc)
            throws Exception {
        String id = "taken-" + rpc.toLowerCase(java.util.Locale.ROOT).replace('.', '-');
        var request = cluster.create(id);
        request.getVirtualMachineBuilder().getPlacementPolicyBuilder().setNode("nodes/node-g");
        cluster.first.hold(rpc);
        Operation operation = cluster.vms.createVirtualMachine(request.build());
        cluster.first.awaitHeld(rpc);

        try (var other = runner("other")) {
            takeClaimAway(operation, "other");
            other.start();
            cluster.first.release(rpc);
            VirtualMachine vm = cluster.succeeded(operation);
            assertThat(vm.getPowerState()).isEqualTo(PowerState.POWER_STATE_RUNNING);
            assertThat(vm.getGuestState().getStateRef()).startsWith("g1-");
            assertThat(vm.getGuestState().getEpoch()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"BeginOutgoing", "Continue"})
    void a_move_that_lost_its_runner_is_finished_by_another(String rpc) throws Exception {
        String id = "moved-" + rpc.toLowerCase(java.util.Locale.ROOT);
        cluster.running(id);
        cluster.first.hold(rpc);
        Operation operation = cluster.migrate(id);
        cluster.first.awaitHeld(rpc);

        try (var other = runner("another")) {
            takeClaimAway(operation, "another");
            other.start();
            cluster.first.release(rpc);
            assertThat(cluster.succeeded(operation).getNode()).isEqualTo("nodes/node-h");
        }
        assertThat(cluster.ranTwice()).isEmpty();
    }

    private OperationRunner runner(String name) {
        return new OperationRunner(
                store,
                handlers.stream()
                        .collect(Collectors.toMap(OperationHandler::kind, Function.identity())),
                new RunnerSettings(
                        name,
                        Duration.ofSeconds(5),
                        Duration.ofMillis(100),
                        8,
                        Duration.ofSeconds(5)),
                ErrorDomain.COMPUTE);
    }

    /**
     * As if the first runner's lease had ended: nobody prolongs it, and the next claim is the
     * other's.
     */
    private void takeClaimAway(Operation operation, String next) throws SQLException {
        try (var connection = dataSource.getConnection();
                var update =
                        connection.prepareStatement(
                                "update operation set claimed_by = ?, claimed_until = now() -"
                                        + " interval '1 second' where id = ?")) {
            update.setString(1, "dead-" + next);
            update.setString(
                    2, operation.getName().substring(operation.getName().indexOf("compute-") + 8));
            assertThat(update.executeUpdate()).isEqualTo(1);
        }
    }
}
