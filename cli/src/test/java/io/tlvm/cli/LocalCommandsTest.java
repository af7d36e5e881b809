package io.tlvm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Commands that reach no service. */
class LocalCommandsTest {

    private Path directory;

    @BeforeEach
    void start(@TempDir Path fresh) {
        directory = fresh;
    }

    private Cli cli() {
        return new Cli(Map.of("TLVM_CONFIG", directory.resolve("config.yaml").toString()));
    }

    @Test
    void explain_says_what_to_do() {
        var outcome = cli().run("explain", "image-has-no-content");
        assertThat(outcome.status()).isZero();
        assertThat(outcome.out())
                .contains(
                        "IMAGE_HAS_NO_CONTENT",
                        "FAILED_PRECONDITION",
                        "exit code: 5",
                        "Add content");
        assertThat(cli().run("explain").out()).contains("VM_NOT_FOUND\n");
        assertThat(cli().run("explain", "NOPE").status()).isEqualTo(2);
        assertThat(cli().run("explain", "VM_NOT_FOUND", "-o", "json").out())
                .contains("\"exitCode\": 3");
    }

    @Test
    void the_completion_script_is_one_that_bash_accepts() throws Exception {
        Path script =
                Files.writeString(
                        directory.resolve("completion"), cli().run("completion", "bash").out());
        Process bash = new ProcessBuilder("bash", "-n", script.toString()).inheritIO().start();
        assertThat(bash.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(bash.exitValue()).isZero();
        assertThat(Files.readString(script)).contains("marketplace", "--security-type");
    }

    @Test
    void contexts_are_kept_and_options_and_environment_win_over_them() {
        assertThat(
                        cli().run(
                                        "config",
                                        "set-context",
                                        "lab",
                                        "--compute",
                                        "lab:1",
                                        "--pki",
                                        "/lab")
                                .status())
                .isZero();
        assertThat(cli().run("config", "set-context", "home", "--compute", "home:1").status())
                .isZero();
        assertThat(cli().run("config", "show").out())
                .contains("lab:1")
                .contains("# context lab")
                .contains("127.0.0.1:9101");
        assertThat(cli().run("config", "use-context", "home").status()).isZero();
        assertThat(cli().run("config", "get-contexts").out()).isEqualTo("* home\n  lab\n");
        assertThat(cli().run("config", "show").out()).contains("home:1");
        assertThat(cli().with("TLVM_COMPUTE", "env:1").run("config", "show").out())
                .contains("env:1");
        assertThat(
                        cli().with("TLVM_COMPUTE", "env:1")
                                .run("config", "show", "--compute", "opt:1")
                                .out())
                .contains("opt:1");
        assertThat(cli().run("config", "use-context", "nowhere").status()).isEqualTo(2);
    }

    @Test
    void a_misspelt_key_of_the_configuration_file_is_refused() throws Exception {
        Files.writeString(directory.resolve("config.yaml"), "contexts: {lab: {computer: x}}\n");
        var outcome = cli().run("config", "show");
        assertThat(outcome.status()).isEqualTo(2);
        assertThat(outcome.err()).contains("computer");
    }

    @Test
    void wrong_arguments_end_with_2_and_point_to_the_help() {
        assertThat(cli().run().status()).isEqualTo(2);
        assertThat(cli().run("vm").status()).isEqualTo(2);
        var outcome = cli().run("vm", "create", "a", "--image", "b", "--memory", "8GB");
        assertThat(outcome.status()).isEqualTo(2);
        assertThat(cli().run("vm", "create", "--image", "b").status()).isEqualTo(2);
        assertThat(cli().run("vm", "list", "-o", "xml").err())
                .contains("USAGE:")
                .contains("tlvm vm list --help");
        assertThat(cli().run("vm", "create", "--help").status()).isZero();
        assertThat(cli().run("version").out()).startsWith("tlvm ");
    }
}
