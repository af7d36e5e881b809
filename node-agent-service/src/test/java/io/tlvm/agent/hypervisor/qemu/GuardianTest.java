package io.tlvm.agent.hypervisor.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** The guardian alone, given what no agent should give it. It starts nothing and says why. */
class GuardianTest {
    private static final String KEYS = "a".repeat(64) + "\n" + "b".repeat(64) + "\n";

    private static Path guardian;

    private Path run;

    @BeforeAll
    static void build(@TempDir Path directory) throws Exception {
        guardian = directory.resolve("guardian");
        QemuLab.run("src/main/c/build", guardian.toString());
    }

    @BeforeEach
    void prepare(@TempDir Path directory) throws Exception {
        run = directory;
        Files.writeString(run.resolve("guardian.conf"), "64711 64711\n");
        Files.writeString(run.resolve("deadline"), "never\n");
        Files.writeString(run.resolve("swtpm.argv"), "/bin/true\0");
        Files.writeString(run.resolve("qemu.argv"), "/bin/true\0");
    }

    @Test
    void keys_must_be_whole() throws Exception {
        assertRefused("", "64 hex digits");
        assertRefused("a".repeat(64) + "\n", "64 hex digits");
        assertRefused(KEYS.replace('b', 'g'), "64 hex digits");
        assertRefused(KEYS + "c", "64 hex digits");
        assertRefused(KEYS + "c".repeat(100_000), "64 hex digits");
    }

    @Test
    void children_never_run_as_root() throws Exception {
        for (String conf : new String[] {"0 0\n", "0 64711\n", "64711 0\n", "", "me\n"}) {
            Files.writeString(run.resolve("guardian.conf"), conf);
            assertRefused(KEYS, "guardian.conf");
        }
        if (QemuLab.isRoot()) {
            Files.writeString(run.resolve("guardian.conf"), "-\n");
            assertRefused(KEYS, "guardian.conf");
        }
    }

    @Test
    void argument_lists_must_be_whole_and_name_a_file() throws Exception {
        for (String list :
                new String[] {
                    "",
                    "/bin/true",
                    "true\0",
                    "\0",
                    "/bin/true\0" + "x\0".repeat(600),
                    "x".repeat(300_000)
                }) {
            Files.writeString(run.resolve("qemu.argv"), list);
            assertRefused(KEYS, "qemu.argv");
        }
    }

    @Test
    void expired_or_missing_lease_starts_nothing() throws Exception {
        for (String deadline : new String[] {"0", "-1", "never!", "", "nan", "1.0x"}) {
            Files.writeString(run.resolve("deadline"), deadline);
            assertRefused(KEYS, "deadline");
        }
        Files.delete(run.resolve("deadline"));
        assertRefused(KEYS, "deadline");
    }

    @Test
    void swtpm_that_does_not_listen_is_no_vtpm() throws Exception {
        assertRefused(KEYS, "swtpm ended before it listened");
        assertThat(run.resolve("qemu.pid")).doesNotExist();
        assertThat(run.resolve("swtpm.exit")).exists();
    }

    private void assertRefused(String input, String why) throws Exception {
        Files.deleteIfExists(run.resolve("guardian.exit"));
        Process process =
                new ProcessBuilder(guardian.toString(), run.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        try (OutputStream keys = process.getOutputStream()) {
            keys.write(input.getBytes(StandardCharsets.US_ASCII));
        } catch (IOException alreadyGone) {
            // It did not want to read that much.
        }
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(1);
        assertThat(run.resolve("guardian.exit")).content().contains(why);
    }
}
