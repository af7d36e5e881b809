package io.tlvm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;

class NodeCommandsTest {
    private FakeCloud cloud;
    private Cli cli;

    @BeforeEach
    void start(@TempDir Path directory) {
        cloud = new FakeCloud(directory);
        cli = new Cli(cloud.environment(directory));
    }

    @AfterEach
    void stop() throws Exception {
        cloud.close();
    }

    @Test
    void a_dead_node_is_fenced_and_confirmed_and_its_vms_are_followed_until_none_is_left() {
        var outcome =
                cli.run(
                        "node",
                        "fence",
                        "node-a",
                        "--confirm-dead",
                        "--reason",
                        "plug pulled",
                        "--yes");

        assertThat(outcome.status()).isZero();
        assertThat(cloud.nodes.fences)
                .singleElement()
                .satisfies(
                        request -> {
                            assertThat(request.getName()).isEqualTo("nodes/node-a");
                            assertThat(request.getForce()).isFalse();
                        });
        assertThat(cloud.nodes.words)
                .singleElement()
                .satisfies(
                        request ->
                                assertThat(request.getOperatorsWord().getReason())
                                        .isEqualTo("plug pulled"));
        assertThat(outcome.err()).contains("0 of 2 VMs are recovered", "1 of 2 VMs are recovered");
        assertThat(outcome.out()).contains("node-a", "Fenced");
    }

    @Test
    void without_the_word_a_node_is_only_given_up() {
        var outcome = cli.run("node", "fence", "node-a", "--reason", "silent", "--force", "-y");

        assertThat(outcome.status()).isZero();
        assertThat(cloud.nodes.fences.getFirst().getForce()).isTrue();
        assertThat(cloud.nodes.words).isEmpty();
        assertThat(outcome.out()).contains("Fencing");
    }

    @Test
    void no_wait_leaves_the_vms_to_the_service() {
        var outcome =
                cli.run(
                        "node",
                        "fence",
                        "node-a",
                        "--confirm-dead",
                        "--reason",
                        "burnt",
                        "-y",
                        "--no-wait");

        assertThat(outcome.status()).isZero();
        assertThat(outcome.err()).doesNotContain("recovered");
    }

    @Test
    void a_dry_run_gives_nothing_up() {
        var outcome =
                cli.run("node", "fence", "node-a", "--confirm-dead", "--reason", "x", "--dry-run");

        assertThat(outcome.status()).isZero();
        assertThat(cloud.nodes.fences.getFirst().getValidateOnly()).isTrue();
        assertThat(cloud.nodes.words).isEmpty();
    }

    @Test
    void nobody_is_taken_at_a_word_that_was_not_given() {
        assertThat(cli.run("node", "fence", "node-a", "--confirm-dead", "--reason", "x").status())
                .isEqualTo(2);
        assertThat(
                        cli.onTerminal("n\n")
                                .run("node", "fence", "node-a", "--confirm-dead", "--reason", "x")
                                .status())
                .isEqualTo(1);
        assertThat(cloud.nodes.fences).isEmpty();
    }
}
