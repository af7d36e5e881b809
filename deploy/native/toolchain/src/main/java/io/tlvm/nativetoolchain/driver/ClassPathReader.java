package io.tlvm.nativetoolchain.driver;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.ProviderNotFoundException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.SequencedMap;
import java.util.function.Predicate;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Puts jars and directories on the image's class path, and reads the configuration below their
 * {@code META-INF/native-image}.
 */
final class ClassPathReader {
    /**
     * Files of configuration, and the builder's option that takes the path of one inside its jar or
     * directory.
     */
    private static final SequencedMap<String, String> CONFIGURATION = new LinkedHashMap<>();

    static {
        CONFIGURATION.put("reachability-metadata.json", "ReachabilityMetadataResources");
        CONFIGURATION.put("jni-config.json", "JNIConfigurationResources");
        CONFIGURATION.put("reflect-config.json", "ReflectionConfigurationResources");
        CONFIGURATION.put("resource-config.json", "ResourceConfigurationResources");
        CONFIGURATION.put("proxy-config.json", "DynamicProxyConfigurationResources");
        CONFIGURATION.put("serialization-config.json", "SerializationConfigurationResources");
        CONFIGURATION.put(
                "predefined-classes-config.json", "PredefinedClassesConfigurationResources");
    }

    private final ImageRequest request;
    private final OptionReader options;
    private final List<Exclusion> exclusions = new ArrayList<>();

    ClassPathReader(ImageRequest request, OptionReader options) {
        this.request = request;
        this.options = options;
    }

    /**
     * Configuration that is not read: of class path entries and files that contain a match of these
     * expressions.
     */
    void exclude(String entry, String file) {
        exclusions.add(new Exclusion(Pattern.compile(entry), Pattern.compile(file)));
    }

    /**
     * {@code -jar}: its manifest names the main class, the other jars and what has to be opened.
     */
    void mainJar(Path jar) throws IOException {
        Attributes manifest =
                manifest(jar)
                        .orElseThrow(() -> new Refused("no manifest in " + jar))
                        .getMainAttributes();
        String mainClass = manifest.getValue(Attributes.Name.MAIN_CLASS);
        if (mainClass == null) {
            throw new Refused("no Main-Class in the manifest of " + jar);
        }
        addFromDriver("Class", mainClass.strip());
        String file = jar.getFileName().toString();
        addFromDriver("Name", file.endsWith(".jar") ? file.substring(0, file.length() - 4) : file);
        for (String target : words(manifest.getValue("Add-Exports"))) {
            addFromDriver("AddExports", target + "=ALL-UNNAMED");
        }
        for (String target : words(manifest.getValue("Add-Opens"))) {
            addFromDriver("AddOpens", target + "=ALL-UNNAMED");
        }
        for (String target : words(manifest.getValue("Enable-Native-Access"))) {
            addFromDriver("EnableNativeAccess", target);
        }
        add(jar);
    }

    /**
     * A jar, a directory, or {@code DIRECTORY/*} for the jars in one; what is not there is passed
     * over, as by the JVM.
     */
    void add(Path entry) throws IOException {
        if (entry.endsWith("*")) {
            Path directory = entry.toAbsolutePath().getParent();
            for (Path jar :
                    list(directory, file -> file.toString().toLowerCase().endsWith(".jar"))) {
                add(jar);
            }
            return;
        }
        if (!Files.exists(entry)) {
            return;
        }
        Path real = entry.toRealPath();
        if (!request.classPath.add(real)) {
            return;
        }
        if (Files.isDirectory(real)) {
            readConfiguration(real, real);
        } else {
            addJar(real);
        }
    }

    private void addJar(Path jar) throws IOException {
        try (FileSystem content = FileSystems.newFileSystem(jar)) {
            readConfiguration(jar, content.getPath("/"));
        } catch (ProviderNotFoundException notAnArchive) {
            return; // as the JVM does, which finds no class in it
        }
        for (String other : words(manifest(jar).map(ClassPathReader::classPathOf).orElse(null))) {
            add(Path.of(jar.toUri().resolve(URI.create(other))));
        }
    }

    private void readConfiguration(Path entry, Path root) throws IOException {
        Path directory = root.resolve("META-INF/native-image");
        if (!Files.isDirectory(directory)) {
            return;
        }
        List<Path> files;
        try (Stream<Path> all = Files.walk(directory)) {
            files =
                    all.filter(Files::isRegularFile)
                            .filter(
                                    file ->
                                            exclusions.stream()
                                                    .noneMatch(e -> e.matches(entry, file)))
                            .sorted()
                            .toList();
        }
        for (Path file : files) {
            String name = file.getFileName().toString();
            String option = CONFIGURATION.get(name);
            if (option != null) {
                String resource = "-H:" + option + "=" + root.relativize(file);
                request.builderOptions.add(Origin.file(file.toUri()).markPublic(resource));
            } else if (name.equals("native-image.properties")) {
                readProperties(file, root.relativize(file.getParent()).toString());
            }
        }
    }

    /** {@code ${.}} in a value is the directory of the file. */
    private void readProperties(Path file, String directory) throws IOException {
        Properties properties = new Properties();
        try (var in = Files.newInputStream(file)) {
            properties.load(in);
        }
        for (String option : words(properties.getProperty("JavaArgs"))) {
            request.vmOptions.add(option.replace("${.}", directory));
        }
        Deque<String> arguments = new ArrayDeque<>();
        for (String argument : words(properties.getProperty("Args"))) {
            arguments.add(argument.replace("${.}", directory));
        }
        while (!arguments.isEmpty()) {
            if (!options.take(arguments, Origin.file(file.toUri()))) {
                throw new Refused("unknown option " + arguments.element() + " in " + file.toUri());
            }
        }
    }

    private void addFromDriver(String option, String value) {
        request.builderOptions.add(Origin.DRIVER.mark("-H:" + option + "=" + value));
    }

    private static Optional<Manifest> manifest(Path jar) throws IOException {
        try (JarFile file = new JarFile(jar.toFile())) {
            return Optional.ofNullable(file.getManifest());
        }
    }

    private static @Nullable String classPathOf(Manifest manifest) {
        return manifest.getMainAttributes().getValue(Attributes.Name.CLASS_PATH);
    }

    private static List<String> words(@Nullable String text) {
        return text == null || text.isBlank()
                ? List.of()
                : Arrays.asList(text.strip().split("\\s+"));
    }

    private static List<Path> list(Path directory, Predicate<Path> wanted) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(wanted).sorted().toList();
        }
    }

    private record Exclusion(Pattern entry, Pattern file) {
        boolean matches(Path classPathEntry, Path configuration) {
            return entry.matcher(classPathEntry.toString()).find()
                    && file.matcher(configuration.toString()).find();
        }
    }
}
