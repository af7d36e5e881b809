package io.tlvm.acceptance.bench;

import io.tlvm.acceptance.cluster.Project;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;

/** In what form a service is run. */
enum Form {
    JVM("JVM", Map.of(), "quarkus-app", ""),
    AOT_CACHE("JVM with AOT cache", Map.of("TLVM_AOT", "true"), "quarkus-app", "service.aot"),
    NATIVE("native", Map.of("TLVM_NATIVE", "true"), "native", "");

    private final String title;
    private final Map<String, String> environment;
    private final String directory;
    private final String beside;

    Form(String title, Map<String, String> environment, String directory, String beside) {
        this.title = title;
        this.environment = environment;
        this.directory = directory;
        this.beside = beside;
    }

    String title() {
        return title;
    }

    /** What {@code deploy/local/stack} reads. */
    Map<String, String> environment() {
        return environment;
    }

    /** Bytes that a node has to hold to run a module in this form; without the JDK of a JVM. */
    long bytes(Project project, String module) {
        Path target = project.root().resolve(module).resolve("target");
        return size(target.resolve(directory))
                + (beside.isEmpty() ? 0 : size(target.resolve(beside)));
    }

    private static long size(Path path) {
        try (Stream<Path> files = Files.walk(path)) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
