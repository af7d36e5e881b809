package io.tlvm.agent.probe;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Where programs are looked for.
 *
 * @param directories absolute, first hit wins
 */
public record SearchPath(List<Path> directories) {
    public SearchPath {
        directories = List.copyOf(directories);
    }

    /**
     * From the text of {@code PATH}; relative entries are dropped, they would mean another program
     * in another place.
     */
    public static SearchPath of(String path) {
        return new SearchPath(
                Arrays.stream(path.split(":"))
                        .filter(entry -> entry.startsWith("/"))
                        .map(Path::of)
                        .toList());
    }

    public Optional<Path> find(String program) {
        return directories.stream()
                .map(directory -> directory.resolve(program))
                .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
                .findFirst();
    }

    Path require(String program, String debianPackage) throws HostUnusable {
        return find(program)
                .orElseThrow(
                        () ->
                                new HostUnusable(
                                        program,
                                        "is not in " + directories,
                                        "install the package " + debianPackage));
    }
}
