package io.tlvm.acceptance.tidy;

import static org.assertj.core.api.Assertions.assertThat;

import io.tlvm.acceptance.cluster.Project;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;

/** Reads the project's own sources and fails on what the house rules forbid. */
@Tag("tidy")
class TidyTest {
    private static final int LONGEST_FILE = 500;
    private static final Path ROOT = Project.find().root();

    /** VertxContextSupport.subscribeAndAwait is declared to throw Throwable. */
    private static final String DECLARED_SO = "ReactiveBridge.java";

    @Test
    void product_code_holds_no_unfinished_work_and_no_swallowed_bug() throws IOException {
        Pattern banned =
                Pattern.compile(
                        "\\b(TODO|FIXME|XXX|HACK)\\b|Thread\\.sleep|catch \\((Exception|Throwable) "
                                + "|printStackTrace|UnsupportedOperationException");
        List<Path> files =
                javaFiles("main").stream().filter(file -> !file.endsWith(DECLARED_SO)).toList();
        assertThat(linesMatching(files, banned)).isEmpty();
    }

    @Test
    void tests_wait_for_conditions_and_none_is_switched_off() throws IOException {
        Pattern banned =
                Pattern.compile("Thread\\.sleep|@Disabled|assertTrue\\(true\\)|org\\.mockito");
        List<Path> others =
                javaFiles("test").stream().filter(file -> !file.endsWith("TidyTest.java")).toList();
        assertThat(linesMatching(others, banned)).isEmpty();
    }

    /** TrustManager and KeyManager are the words of the JDK's own interfaces. */
    @Test
    void no_class_is_named_for_what_it_is_not() throws IOException {
        Pattern vague =
                Pattern.compile(
                        ".*(Util|Utils|Helper|(?<!Trust|Key)Manager|Impl)\\.java|Abstract.*\\.java");
        assertThat(
                        javaFiles("main").stream()
                                .map(file -> file.getFileName().toString())
                                .filter(name -> vague.matcher(name).matches()))
                .isEmpty();
    }

    @Test
    void every_package_of_product_code_is_null_marked() throws IOException {
        for (Path file : javaFiles("main")) {
            Path described = file.resolveSibling("package-info.java");
            assertThat(described).exists();
            assertThat(Files.readString(described)).contains("@NullMarked");
        }
    }

    @Test
    void no_file_is_longer_than_a_room_with_one_job() throws IOException {
        for (Path file : javaFiles("main")) {
            assertThat(Files.readAllLines(file))
                    .as(file.toString())
                    .hasSizeLessThanOrEqualTo(LONGEST_FILE);
        }
    }

    @Test
    void every_module_says_what_it_may_depend_on() throws IOException {
        try (Stream<Path> poms = Files.list(ROOT)) {
            List<Path> modules =
                    poms.filter(path -> Files.exists(path.resolve("pom.xml"))).toList();
            assertThat(modules)
                    .isNotEmpty()
                    .allSatisfy(module -> assertThat(module.resolve("README.md")).exists());
        }
    }

    /**
     * The driver of the native toolchain is in no module, because it must not need Maven's class
     * path.
     */
    @Test
    void sources_that_no_module_builds_compile_without_a_warning(@TempDir Path classes)
            throws IOException {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "-Xlint:all,-processing",
                                "-Werror",
                                "-proc:none",
                                "-classpath",
                                System.getProperty("java.class.path"),
                                "-d",
                                classes.toString()));
        Path toolchain = ROOT.resolve("deploy/native/toolchain/src");
        for (String kind : List.of("main", "test")) {
            List<Path> sources =
                    javaFiles(kind).stream().filter(file -> file.startsWith(toolchain)).toList();
            assertThat(sources).isNotEmpty();
            sources.forEach(file -> arguments.add(file.toString()));
        }
        StringWriter output = new StringWriter();

        int status =
                ToolProvider.findFirst("javac")
                        .orElseThrow()
                        .run(
                                new PrintWriter(output),
                                new PrintWriter(output),
                                arguments.toArray(String[]::new));

        assertThat(status).as(output.toString()).isZero();
    }

    private static List<String> linesMatching(List<Path> files, Pattern banned) throws IOException {
        List<String> found = new ArrayList<>();
        for (Path file : files) {
            List<String> lines = Files.readAllLines(file);
            for (int i = 0; i < lines.size(); i++) {
                if (banned.matcher(lines.get(i)).find()) {
                    found.add(ROOT.relativize(file) + ":" + (i + 1) + ": " + lines.get(i).strip());
                }
            }
        }
        return found;
    }

    private static List<Path> javaFiles(String kind) throws IOException {
        try (Stream<Path> all = Files.walk(ROOT)) {
            return all.filter(path -> path.toString().endsWith(".java"))
                    .filter(path -> path.toString().contains("/src/" + kind + "/"))
                    .filter(path -> !path.toString().contains("/target/"))
                    .toList();
        }
    }
}
