package io.tlvm.acceptance.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;

import io.tlvm.acceptance.cluster.LocalStack;
import io.tlvm.acceptance.cluster.Project;
import io.tlvm.acceptance.cluster.Publisher;
import io.tlvm.acceptance.cluster.Tlvm;
import io.tlvm.acceptance.guest.ControlPort;
import io.tlvm.acceptance.watcher.ProcessTable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** A Trusted launch VM under test, with what its guest once said of its TPM. */
final class TrustedMachine {
    private static final Duration BOOT_LIMIT = Duration.ofMinutes(4);

    private final Project project;
    private final Tlvm tlvm;
    private final String name;
    private final String uid;
    private String ek = "";
    private long counter;
    private String secret = "";

    private TrustedMachine(Project project, Tlvm tlvm, String name, String uid) {
        this.project = project;
        this.tlvm = tlvm;
        this.name = name;
        this.uid = uid;
    }

    /**
     * Publishes the guest image, creates a VM from it on node-a, waits for the guest and seals a
     * secret in its TPM.
     *
     * @param options further options of {@code vm create}
     */
    static TrustedMachine create(Project project, LocalStack stack, Tlvm tlvm, String... options) {
        String run = HexFormat.of().formatHex(new SecureRandom().generateSeed(3));
        String urn =
                Publisher.pinned("test-" + run, project.home().resolve("test"), tlvm)
                        .publish("trusted", "Test guest", project.guestImage());
        return fromUrn(project, stack, tlvm, urn, run, options);
    }

    /** The same from a marketplace version that has its content already. */
    static TrustedMachine fromVersion(Project project, LocalStack stack, Tlvm tlvm, String urn) {
        String run = HexFormat.of().formatHex(new SecureRandom().generateSeed(3));
        return fromUrn(project, stack, tlvm, urn, run);
    }

    private static TrustedMachine fromUrn(
            Project project,
            LocalStack stack,
            Tlvm tlvm,
            String urn,
            String run,
            String... options) {
        tlvm.run(
                "storage-path",
                "create",
                "shared",
                "--directory",
                stack.sharedDirectory().toString());
        tlvm.ok("image", "create", "image-" + run, "--urn", urn);
        String name = "vm-" + run;
        List<String> command =
                new ArrayList<>(
                        List.of(
                                "vm",
                                "create",
                                name,
                                "--image",
                                "image-" + run,
                                "--memory",
                                "384MiB",
                                "--storage-path",
                                "shared",
                                "--node",
                                "node-a"));
        command.addAll(List.of(options));
        tlvm.ok(command.toArray(String[]::new));
        TrustedMachine machine =
                new TrustedMachine(
                        project, tlvm, name, tlvm.json("vm", "show", name).path("uid").asText());
        machine.remember();
        return machine;
    }

    private void remember() {
        try (ControlPort guest = guest()) {
            assertThat(guest.ask("sb")).startsWith("SecureBoot=1");
            ek = guest.ask("ek").lines().findFirst().orElseThrow();
            secret = "secret-of-" + name;
            guest.ask("seal " + secret);
            counter = Long.parseLong(guest.ask("counter").strip());
        }
    }

    /** Ends the guest and destroys what it left. */
    void delete() {
        tlvm.ok("vm", "delete", name, "--force", "--retain", "0", "-y");
    }

    String name() {
        return name;
    }

    String uid() {
        return uid;
    }

    JsonNode show() {
        return tlvm.json("vm", "show", name);
    }

    String power() {
        return show().path("powerState").asText().replace("POWER_STATE_", "");
    }

    String node() {
        return show().path("node").asText().replace("nodes/", "");
    }

    ControlPort guest() {
        return ControlPort.connect(
                Path.of(show().path("debug").path("controlSocket").asText()), BOOT_LIMIT);
    }

    /**
     * The guest has the TPM that it had: same EK, the secret unseals, the counter never fell; then
     * bumps the counter.
     */
    void assertKeptItsTpm() {
        try (ControlPort guest = guest()) {
            assertThat(guest.ask("ek").lines().findFirst().orElseThrow()).isEqualTo(ek);
            assertThat(guest.ask("unseal").strip()).isEqualTo(secret);
            assertThat(Long.parseLong(guest.ask("counterread").strip()))
                    .isGreaterThanOrEqualTo(counter);
            assertThat(guest.ask("dmesg-errors").strip()).isEqualTo("0");
            counter = Long.parseLong(guest.ask("counter").strip());
        }
    }

    /**
     * Process ids that the guardians of this VM on a node remember under a name, the newest run
     * last.
     */
    List<Long> pids(String node, String file) {
        List<Long> found = new ArrayList<>();
        try (DirectoryStream<Path> runs =
                Files.newDirectoryStream(project.home().resolve("r").resolve(node), uid + ".*")) {
            for (Path run : runs) {
                Path pid = run.resolve(file);
                if (Files.exists(pid)) {
                    found.add(Long.parseLong(Files.readString(pid).strip().split(" ")[0]));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return found;
    }

    /** Process ids of this VM's QEMU on a node; on every node for an empty name. */
    List<Long> qemus(String node) {
        return ProcessTable.running("qemu-system", project.home().resolve("r").resolve(node))
                .stream()
                .filter(pid -> ProcessTable.commandLine(pid).contains(uid))
                .toList();
    }

    /** Directories of guest state that exist for this VM. */
    List<String> stateDirectories() {
        try (DirectoryStream<Path> entries =
                Files.newDirectoryStream(project.home().resolve("shared").resolve(uid), "g*")) {
            List<String> names = new ArrayList<>();
            entries.forEach(path -> names.add(path.getFileName().toString()));
            return names;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
