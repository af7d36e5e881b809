package io.tlvm.acceptance.demo;

import com.fasterxml.jackson.databind.JsonNode;

import io.tlvm.acceptance.cluster.Project;
import io.tlvm.acceptance.cluster.Tlvm;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What is left on record of the story: the audit chain, the receipt of the hand-over, a backup.
 * Each is judged by the command line on this side, which believes no service.
 */
final class Records {
    private static final int INTEGRITY = 9;

    private final Project project;
    private final Tlvm tlvm;
    private final Evidence evidence;

    Records(Project project, Tlvm tlvm, Evidence evidence) {
        this.project = project;
        this.tlvm = tlvm;
        this.evidence = evidence;
    }

    /** The VM has moved once and runs. */
    void read(JsonNode moved, String run) {
        String receipt = moved.path("lastMigration").path("receipt").asText();
        evidence.add(
                "the hand-over is signed by source, target and vm-service",
                "vm show",
                receipt,
                receipt.equals("complete"));
        Tlvm.Outcome verified = tlvm.run("audit", "verify");
        evidence.add(
                "the audit chain is whole",
                "audit verify",
                "exit "
                        + verified.exit()
                        + verified.out().lines().findFirst().map(line -> ", " + line).orElse(""),
                verified.succeeded());
        backup(moved.path("name").asText(), run);
    }

    private void backup(String vm, String run) {
        Path key = project.home().resolve("demo/recovery-" + run);
        Path file = project.home().resolve("demo/backup-" + run);
        tlvm.ok("guest-state", "keygen", "--out", key.toString());
        tlvm.ok("guest-state", "backup", vm, "--recipient", key + ".pub", "--out", file.toString());
        Tlvm.Outcome drill =
                tlvm.run("guest-state", "drill", file.toString(), "--key", key.toString());
        evidence.add(
                "a backup's TPM starts offline and has the same EK",
                "exit status of guest-state drill",
                "exit " + drill.exit(),
                drill.succeeded());
        Tlvm.Outcome changed =
                tlvm.run(
                        "guest-state", "verify", changed(file).toString(), "--key", key.toString());
        evidence.add(
                "a backup with one bit changed is refused",
                "exit status of guest-state verify",
                "exit " + changed.exit(),
                changed.exit() == INTEGRITY);
    }

    private static Path changed(Path backup) {
        try {
            byte[] content = Files.readAllBytes(backup);
            content[content.length / 2] ^= 1;
            return Files.write(backup.resolveSibling(backup.getFileName() + ".changed"), content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
