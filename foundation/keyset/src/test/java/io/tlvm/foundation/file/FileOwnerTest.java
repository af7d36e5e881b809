package io.tlvm.foundation.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

class FileOwnerTest {

    @Test
    void this_process_owns_what_it_makes(@TempDir Path directory) throws Exception {
        Path made = Files.createFile(directory.resolve("made"));
        assertThat(FileOwner.ofThisProcess()).isEqualTo(FileOwner.of(made));
    }

    /** The user id that the agent finds decides whether it gives each VM one of its own. */
    @Test
    void a_process_without_root_knows_that_it_is_not_root() throws Exception {
        assumeTrue(
                FileOwner.ofThisProcess().uid() == 0,
                "only root can start somebody else's process");
        Path classes =
                Path.of(
                        FileOwner.class
                                .getProtectionDomain()
                                .getCodeSource()
                                .getLocation()
                                .toURI());
        Path readable = Files.createTempDirectory(Path.of("/tmp"), "tlvm-owner-");
        try {
            for (String name : List.of("FileOwner", "FileStatus")) {
                Path file = Path.of("io/tlvm/foundation/file", name + ".class");
                Files.createDirectories(readable.resolve(file).getParent());
                Files.copy(classes.resolve(file), readable.resolve(file));
            }
            Process grant = new ProcessBuilder("chmod", "-R", "a+rX", readable.toString()).start();
            assertThat(grant.waitFor(10, TimeUnit.SECONDS)).isTrue();
            Process process =
                    new ProcessBuilder(
                                    "setpriv",
                                    "--reuid",
                                    "64731",
                                    "--regid",
                                    "64732",
                                    "--clear-groups",
                                    ProcessHandle.current().info().command().orElseThrow(),
                                    "-cp",
                                    readable.toString(),
                                    "--source",
                                    "25",
                                    source(readable).toString())
                            .redirectErrorStream(true)
                            .start();
            String said =
                    new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(said.strip()).isEqualTo("64731:64732");
        } finally {
            TreeRemoval.remove(readable);
        }
    }

    private static Path source(Path directory) throws java.io.IOException {
        Path source = directory.resolve("Who.java");
        Files.writeString(
                source,
                """
                void main() throws Exception {
                    System.out.println(io.tlvm.foundation.file.FileOwner.ofThisProcess());
                }
                """);
        Files.setPosixFilePermissions(
                source, java.nio.file.attribute.PosixFilePermissions.fromString("rw-r--r--"));
        return source;
    }
}
