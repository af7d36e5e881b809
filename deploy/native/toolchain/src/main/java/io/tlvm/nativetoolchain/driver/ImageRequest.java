package io.tlvm.nativetoolchain.driver;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.TreeMap;
import java.util.UUID;

/**
 * What is to be built: gathered from the command line and from the configuration on the class path,
 * in the order of their reading.
 */
final class ImageRequest {
    /** The builder's own options, {@code -H:} and {@code -R:}; later ones win. */
    final List<String> builderOptions = new ArrayList<>();

    /** Options of the JVM that the builder runs in. */
    final List<String> vmOptions = new ArrayList<>();

    final SequencedSet<Path> classPath = new LinkedHashSet<>();
    final SequencedSet<String> modules = new LinkedHashSet<>();

    /** Variables that the builder sees beside the few that it always does. */
    final Map<String, String> environment = new TreeMap<>();

    /** Arguments that are no options: main class and name, or after {@code -jar} the name alone. */
    final List<String> plain = new ArrayList<>();

    boolean verbose;
    boolean dryRun;

    /** The last value of an option of the builder. */
    Optional<String> value(String option) {
        return builderOptions.reversed().stream()
                .filter(
                        text ->
                                text.startsWith("-H:" + option + "=")
                                        || text.startsWith("-H:" + option + "@"))
                .map(text -> text.substring(text.indexOf('=') + 1))
                .findFirst();
    }

    /**
     * Names, paths and what the driver adds to every image. Called once, after everything was read.
     */
    Image complete(Home home, List<String> arguments) {
        if (value("Class").isEmpty() && !plain.isEmpty()) {
            set("Class", plain.removeFirst());
        }
        if (!plain.isEmpty()) {
            set("Name", plain.removeFirst());
        }
        if (!plain.isEmpty()) {
            throw new Refused("too many arguments: " + String.join(" ", plain));
        }
        String mainClass =
                value("Class")
                        .orElseThrow(
                                () -> new Refused("no main class: name one, or use -jar FILE"));
        Path output =
                Path.of("")
                        .toAbsolutePath()
                        .resolve(value("Name").orElse(mainClass.toLowerCase(Locale.ROOT)));
        Path directory = output.normalize().getParent();
        if (directory == null || !Files.isDirectory(directory)) {
            throw new Refused("no such directory: " + directory);
        }
        set("Name", output.getFileName().toString());
        set("Path", directory.toString());
        set("CLibraryPath", home.clibraries().toString());
        // The libraries of the JDK are found beside the executable; -rpath-link is for the linker
        // alone.
        set("NativeLinkerOption", "-Wl,-rpath,$ORIGIN");
        set("NativeLinkerOption", "-Wl,-rpath-link," + home.jdkLibraries());
        // Required, and the same for the same command.
        set(
                "ImageBuildID",
                UUID.nameUUIDFromBytes(
                                String.join("\0", arguments).getBytes(StandardCharsets.UTF_8))
                        .toString());
        boolean shared =
                builderOptions.stream().anyMatch(option -> option.startsWith("-H:+SharedLibrary"));
        return new Image(directory.resolve(output.getFileName() + (shared ? ".so" : "")));
    }

    private void set(String option, String value) {
        builderOptions.add(Origin.DRIVER.mark("-H:" + option + "=" + value));
    }

    /** The file that a build makes. */
    record Image(Path file) {}
}
