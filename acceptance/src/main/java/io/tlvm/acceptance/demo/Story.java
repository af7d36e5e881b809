package io.tlvm.acceptance.demo;

import com.fasterxml.jackson.databind.JsonNode;

import io.tlvm.acceptance.cluster.LocalStack;
import io.tlvm.acceptance.cluster.Project;
import io.tlvm.acceptance.cluster.Publisher;
import io.tlvm.acceptance.cluster.Tlvm;
import io.tlvm.acceptance.guest.ControlPort;
import io.tlvm.acceptance.guest.Ticks;
import io.tlvm.acceptance.watcher.ProcessTable;
import io.tlvm.acceptance.watcher.Watcher;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The story, in order. Every observation is read from the guest, from /proc or from files at that
 * moment.
 */
final class Story {
    private static final Duration BOOT_LIMIT = Duration.ofMinutes(4);
    private static final Pattern WITNESS = Pattern.compile("boot=(\\S+) ticks=(\\d+)");
    private static final Pattern EK = Pattern.compile("sha256=([0-9a-f]{64})");

    private final Project project;
    private final LocalStack stack;
    private final Tlvm tlvm;
    private final Evidence evidence;
    private final Consumer<String> say;

    /** A run's own names, so that the demo can be repeated on data that persists. */
    private final String run = HexFormat.of().formatHex(new SecureRandom().generateSeed(2));

    Story(Project project, LocalStack stack, Tlvm tlvm, Evidence evidence, Consumer<String> say) {
        this.project = project;
        this.stack = stack;
        this.tlvm = tlvm;
        this.evidence = evidence;
        this.say = say;
    }

    void tell() {
        String vm = "demo-" + run;
        chapter("A storage path that both nodes reach, and the marketplace catalog");
        tlvm.run(
                "storage-path",
                "create",
                "shared",
                "--directory",
                stack.sharedDirectory().toString());
        say.accept(tlvm.ok("image", "marketplace", "list"));
        Publisher publisher = Publisher.pinned("demo-" + run, project.home().resolve("demo"), tlvm);
        String good = publisher.publish("trusted", "Demo guest", project.guestImage());
        String tampered =
                publisher.publish(
                        "tampered", "Demo guest with a changed kernel", project.tamperedImage());

        chapter("Create a Trusted launch VM from the marketplace image");
        tlvm.ok("image", "create", "guest-" + run, "--urn", good.replace(":1.0.0", ":latest"));
        Instant asked = Instant.now();
        say.accept(
                tlvm.ok(
                        "vm",
                        "create",
                        vm,
                        "--image",
                        "guest-" + run,
                        "--security-type",
                        "TrustedLaunch",
                        "--vcpus",
                        "1",
                        "--memory",
                        "384MiB",
                        "--storage-path",
                        "shared",
                        "--node",
                        "node-a"));
        JsonNode created = show(vm);
        String uid = created.path("uid").asText();
        try (Watcher watcher = new Watcher(project.home().resolve("r"));
                Ticks ticks = new Ticks()) {
            ticks.follow(project.home().resolve("r/node-a"), uid);
            ticks.follow(project.home().resolve("r/node-b"), uid);
            Before before;
            try (ControlPort guest = ControlPort.connect(controlSocket(created), BOOT_LIMIT)) {
                evidence.add(
                        "create to guest ready",
                        "guest control port",
                        Duration.between(asked, Instant.now()).toSeconds() + " s",
                        true);
                before = secureBootAndSecrets(guest, created);
            }
            JsonNode moved = migrate(vm, uid, created, watcher, ticks, before);
            chapter("Read what is on record, and hold a drill with a backup");
            new Records(project, tlvm, evidence).read(moved, run);
            agentRestart(vm, moved);
        }
        refusals(tampered);
        cleanUp(vm);
    }

    /** What the guest said before it moved. */
    private record Before(String boot, long ticks, String ek, long counter, String secret) {}

    private Before secureBootAndSecrets(ControlPort guest, JsonNode vm) {
        chapter("Ask the guest: Secure Boot, its TPM, and a secret sealed to the boot state");
        String secureBoot = guest.ask("sb");
        evidence.add(
                "Secure Boot is on",
                "guest, efivars",
                secureBoot,
                secureBoot.startsWith("SecureBoot=1"));
        String ek = ek(guest);
        String recorded = vm.path("guestState").path("ekFingerprint").asText();
        evidence.add(
                "the EK that vm show names is the guest's",
                "guest, TPM NV 0x1c00002",
                shortened(ek),
                recorded.equals("sha256:" + ek));
        String secret = "secret-" + run;
        guest.ask("seal " + secret);
        long counter = Long.parseLong(guest.ask("counter").strip());
        evidence.add(
                "secret sealed to PCR 7",
                "guest, tpm2_unseal",
                guest.ask("unseal").strip(),
                guest.ask("unseal").strip().equals(secret));
        guest.ask("pause-start");
        Matcher witness = witness(guest);
        return new Before(witness.group(1), Long.parseLong(witness.group(2)), ek, counter, secret);
    }

    private JsonNode migrate(
            String vm, String uid, JsonNode source, Watcher watcher, Ticks ticks, Before before) {
        chapter("Move it live to node-b while it runs");
        long sourcePid = source.path("debug").path("qemuPid").asLong();
        Path sourceState = Path.of(source.path("debug").path("stateDirectory").asText());
        Instant start = Instant.now();
        say.accept(tlvm.ok("vm", "migrate", vm, "--target", "node-b"));
        Duration total = Duration.between(start, Instant.now());
        JsonNode moved = show(vm);
        long targetPid = moved.path("debug").path("qemuPid").asLong();
        evidence.add("live migration, whole command", "wall clock", total.toMillis() + " ms", true);
        evidence.add(
                "QEMU runs on node-b",
                "/proc/" + targetPid + "/cmdline",
                ProcessTable.commandLine(targetPid).contains("r/node-b/")
                        ? "started in node-b's run directory"
                        : "-",
                ProcessTable.commandLine(targetPid).contains("r/node-b/"));
        evidence.add(
                "QEMU is gone from node-a",
                "/proc/" + sourcePid,
                gone(sourcePid) ? "no such process" : "alive",
                gone(sourcePid));
        evidence.add(
                "the source's guest state is destroyed",
                "storage path",
                sourceState.getFileName()
                        + (Files.exists(sourceState) ? " exists" : " does not exist"),
                !Files.exists(sourceState));
        try (ControlPort guest = ControlPort.connect(controlSocket(moved), Duration.ofMinutes(1))) {
            String pause = guest.ask("pause-stop").replace('\n', ' ');
            Matcher witness = witness(guest);
            evidence.add(
                    "same memory, still running",
                    "guest, witness in RAM",
                    "boot "
                            + shortened(witness.group(1))
                            + ", "
                            + before.ticks()
                            + " -> "
                            + witness.group(2)
                            + " ticks",
                    witness.group(1).equals(before.boot())
                            && Long.parseLong(witness.group(2)) > before.ticks());
            evidence.add(
                    "same EK",
                    "guest, TPM NV 0x1c00002",
                    shortened(ek(guest)),
                    ek(guest).equals(before.ek()));
            long read = Long.parseLong(guest.ask("counterread").strip());
            evidence.add(
                    "same NV counter",
                    "guest, tpm2_nvread",
                    String.valueOf(read),
                    read == before.counter());
            String unsealed = guest.ask("unseal").strip();
            evidence.add(
                    "secret unsealed after the move",
                    "guest, tpm2_unseal",
                    unsealed,
                    unsealed.equals(before.secret()));
            long next = Long.parseLong(guest.ask("counter").strip());
            evidence.add(
                    "the counter goes on",
                    "guest, tpm2_nvincrement",
                    read + " -> " + next,
                    next == read + 1);
            String errors = guest.ask("dmesg-errors").strip();
            evidence.add(
                    "no error in the guest's kernel log",
                    "guest, dmesg",
                    errors,
                    errors.equals("0"));
            evidence.add(
                    "pause seen by the guest",
                    "guest, TPM clock",
                    pause,
                    pause.contains("tpm_pause_ms="));
            evidence.add(
                    "pause measured at the guest's tick port",
                    "5 ms ticks, both nodes",
                    ticks.longestPause().toMillis() + " ms in " + ticks.count() + " ticks",
                    ticks.count() > 100);
        }
        List<String> overlaps = watcher.overlaps(uid);
        evidence.add(
                "never two running",
                "observer monitors, 20 Hz and more",
                watcher.samples(uid) + " answers, " + overlaps.size() + " overlaps",
                overlaps.isEmpty() && watcher.samples(uid) > 100);
        return moved;
    }

    private void agentRestart(String vm, JsonNode before) {
        chapter("Kill the agent of node-b and start it again: its guest does not notice");
        long pid = before.path("debug").path("qemuPid").asLong();
        long agent = stack.pid("node-b");
        Matcher witness;
        try (ControlPort guest =
                ControlPort.connect(controlSocket(before), Duration.ofMinutes(1))) {
            witness = witness(guest);
            stack.kill("node-b");
            stack.start("node-b");
            Matcher after = witness(guest);
            evidence.add(
                    "guest untouched by its agent's kill -9",
                    "guest, witness; /proc/" + pid,
                    "agent "
                            + agent
                            + " -> "
                            + stack.pid("node-b")
                            + ", "
                            + witness.group(2)
                            + " -> "
                            + after.group(2)
                            + " ticks",
                    agent != stack.pid("node-b")
                            && !gone(pid)
                            && after.group(1).equals(witness.group(1))
                            && Long.parseLong(after.group(2)) > Long.parseLong(witness.group(2)));
        }
        say.accept(tlvm.ok("vm", "list"));
        tlvm.ok("vm", "stop", vm, "--mode", "forced");
        evidence.add(
                "stopped on request by the new agent",
                "/proc/" + pid,
                gone(pid) ? "no such process" : "alive",
                gone(pid));
    }

    private void refusals(String tamperedUrn) {
        chapter("A kernel that was tampered with does not boot");
        String vm = "tampered-" + run;
        tlvm.ok("image", "create", "tampered-" + run, "--urn", tamperedUrn);
        tlvm.ok(
                "vm",
                "create",
                vm,
                "--image",
                "tampered-" + run,
                "--memory",
                "384MiB",
                "--storage-path",
                "shared");
        Path serial = Path.of(show(vm).path("debug").path("serialLog").asText());
        boolean refused =
                await(Duration.ofMinutes(2), () -> read(serial).contains("bad shim signature"));
        evidence.add(
                "tampered kernel refused by Secure Boot",
                "serial console",
                refused ? "error: bad shim signature." : "no refusal seen",
                refused && !read(serial).contains("GUEST: READY"));
        boolean said = await(Duration.ofSeconds(30), () -> bootVerified(show(vm)).equals("False"));
        say.accept("vm show says: " + show(vm).path("conditions"));
        if (!said) {
            throw new IllegalStateException("the VM does not say that Secure Boot refused it");
        }
        tlvm.ok("vm", "delete", vm, "--force", "--retain", "0", "-y");

        chapter("An image from outside the marketplace is refused for Trusted launch");
        tlvm.ok(
                "image",
                "create",
                "outside-" + run,
                "--file",
                project.guestImage().toString(),
                "--os-type",
                "linux");
        Tlvm.Outcome outside =
                tlvm.run(
                        "vm",
                        "create",
                        "outside-" + run,
                        "--image",
                        "outside-" + run,
                        "--security-type",
                        "TrustedLaunch",
                        "--memory",
                        "384MiB",
                        "--storage-path",
                        "shared");
        say.accept(outside.err());
        evidence.add(
                "image from outside refused",
                "exit status and stderr of vm create",
                "exit "
                        + outside.exit()
                        + ", "
                        + outside.err()
                                .lines()
                                .filter(line -> line.contains("IMAGE_NOT"))
                                .findFirst()
                                .orElse("?"),
                outside.exit() == 5 && outside.err().contains("IMAGE_NOT_FROM_MARKETPLACE"));
    }

    private void cleanUp(String vm) {
        chapter("Delete everything");
        tlvm.ok("vm", "delete", vm, "--retain", "0", "-y");
        int left =
                await(Duration.ofSeconds(20), () -> qemusOfThisStack() == 0)
                        ? 0
                        : qemusOfThisStack();
        evidence.add(
                "nothing is left running", "/proc/*/cmdline", left + " QEMU processes", left == 0);
    }

    private int qemusOfThisStack() {
        return ProcessTable.running("qemu-system", project.home().resolve("r")).size();
    }

    private JsonNode show(String vm) {
        return tlvm.json("vm", "show", vm);
    }

    private static String bootVerified(JsonNode vm) {
        for (JsonNode condition : vm.path("conditions")) {
            if (condition.path("type").asText().equals("BootVerified")) {
                return condition.path("status").asText();
            }
        }
        return "";
    }

    private static Path controlSocket(JsonNode vm) {
        return Path.of(vm.path("debug").path("controlSocket").asText());
    }

    private static String ek(ControlPort guest) {
        return required(EK, guest.ask("ek")).group(1);
    }

    private static Matcher witness(ControlPort guest) {
        return required(WITNESS, guest.ask("witness"));
    }

    private static Matcher required(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        if (!matcher.find()) {
            throw new IllegalStateException("the guest answered: " + text);
        }
        return matcher;
    }

    private static boolean gone(long pid) {
        return pid > 0 && ProcessTable.isGone(pid);
    }

    private static String read(Path file) {
        try (Stream<String> lines =
                Files.lines(file, java.nio.charset.StandardCharsets.ISO_8859_1)) {
            return String.join("\n", lines.toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean await(Duration limit, java.util.function.BooleanSupplier condition) {
        Instant end = Instant.now().plus(limit);
        while (!condition.getAsBoolean()) {
            if (Instant.now().isAfter(end)) {
                return false;
            }
            java.util.concurrent.locks.LockSupport.parkNanos(500_000_000);
        }
        return true;
    }

    private static String shortened(String hex) {
        return hex.substring(0, Math.min(16, hex.length())) + "…";
    }

    private void chapter(String title) {
        say.accept("");
        say.accept("== " + title);
    }
}
