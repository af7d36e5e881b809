package io.tlvm.agent.machine;

import static io.tlvm.agent.machine.AgentLab.eventually;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tlvm.agent.machine.AgentLab.Node;
import io.tlvm.foundation.file.FileOwner;
import io.tlvm.node.v1.MachineReport;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** Paths of guest state that others changed, on one node with real swtpm. */
class PermissionGuardTest {
    private static AgentLab lab;
    private static Node node;
    private LabMachine machine;

    @BeforeAll
    static void open() throws Exception {
        lab = new AgentLab();
        node = lab.node("node-a");
    }

    @BeforeEach
    void create() throws Exception {
        machine = new LabMachine(lab);
        machine.create(node);
    }

    @AfterAll
    static void close() throws Exception {
        lab.close();
    }

    private static void chmod(Path path, String mode) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
    }

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    private MachineReport report() throws InterruptedException {
        return node.driver(machine).report();
    }

    @Test
    void wider_modes_are_set_back_counted_and_reported() throws Exception {
        long before = lab.drifts.get();
        Path key = machine.files().resolve("KEY");
        Path permall = machine.permall().orElseThrow();
        chmod(key, "rw-r--r--");
        chmod(permall, "rw-rw-rw-");
        chmod(machine.home(), "rwxrwxrwx");

        eventually(() -> report().getPermissionDrifts() == 3);

        assertThat(mode(key)).isEqualTo("rw-------");
        assertThat(mode(permall)).isEqualTo("rw-------");
        assertThat(mode(machine.home())).isEqualTo("rwx--x--x");
        assertThat(report().getPermissionTrouble()).isEmpty();
        assertThat(lab.drifts.get() - before).isEqualTo(3);
        assertThat(machine.start(node)).isInstanceOf(Answer.Activated.class);
        machine.stop(node);
    }

    @Test
    void another_owner_is_set_back() throws Exception {
        assumeTrue(AgentLab.isRoot(), "only root can give a file away");
        Path variables = machine.files().resolve("VARS.fd");
        Files.setAttribute(variables, "unix:uid", machine.uid() + 1);

        eventually(() -> FileOwner.of(variables).uid() == machine.uid());

        assertThat(report().getPermissionDrifts()).isPositive();
    }

    @Test
    void a_running_guest_keeps_its_paths_exact() throws Exception {
        machine.start(node);
        Path permall = machine.permall().orElseThrow();
        chmod(permall, "rw-r-----");

        eventually(() -> mode(permall).equals("rw-------"));

        assertThat(report().getPermissionTrouble()).isEmpty();
        machine.stop(node);
    }

    @Test
    void a_second_name_of_a_key_is_reported_and_nothing_starts_until_it_is_gone() throws Exception {
        Path second = lab.root.resolve("copy-" + machine.vm);
        Files.createLink(second, machine.files().resolve("KEY"));

        Answer answer = machine.start(node);

        assertThat(answer)
                .isInstanceOfSatisfying(
                        Answer.Exited.class,
                        exited ->
                                assertThat(exited.reason())
                                        .startsWith("KEY_MATERIAL_EXPOSED: ")
                                        .contains("2 names"));
        eventually(() -> report().getPermissionTrouble().contains("2 names"));
        Files.delete(second);
        assertThat(machine.start(node)).isInstanceOf(Answer.Activated.class);
        machine.stop(node);
        eventually(() -> report().getPermissionTrouble().isEmpty());
    }

    @Test
    void a_storage_path_that_others_can_write_is_not_reached() throws Exception {
        Path shared = Path.of(lab.storage.getDirectory());
        StoragePaths paths = new StoragePaths(false);
        assertThat(paths.look(lab.storage).why()).isEmpty();
        chmod(shared, "rwxrwx--x");
        try {
            assertThat(paths.look(lab.storage).why()).contains("chmod go-w " + shared);
            assertThat(paths.look(lab.storage).tree()).isEmpty();
        } finally {
            chmod(shared, "rwx--x--x");
        }
    }
}
