package io.tlvm.nativetoolchain.driver;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;

/** Where the parts of an assembled toolchain are: the one whose JVM runs the driver. */
record Home(Path root) {

    static Home ofThisJvm() {
        return new Home(Path.of(System.getProperty("java.home")));
    }

    Path java() {
        return root.resolve("bin/java");
    }

    /** Modules of the builder, its compiler excepted. */
    List<Path> builderModules() throws IOException {
        return jars("lib/svm/builder");
    }

    /** The compiler, which replaces a module of the JDK. */
    List<Path> upgradedModules() throws IOException {
        return jars("lib/svm/upgrade");
    }

    /** Options of {@code native-image}, one a line. */
    List<String> declaredOptions() throws IOException {
        return Files.readAllLines(root.resolve("lib/svm/driver/options"));
    }

    /** JVM options, one a line, that let the builder's modules use internal packages. */
    List<String> moduleExports() throws IOException {
        return Files.readAllLines(root.resolve("lib/svm/driver/builder-exports"));
    }

    /** Static libraries and headers that stand in for the builder's own. */
    Path clibraries() {
        return root.resolve("lib/svm/clibraries");
    }

    /** The JDK's libraries, in the place where the builder looks for static ones. */
    Path jdkLibraries() {
        return root.resolve("lib/static/linux-amd64/glibc");
    }

    /**
     * Version of the builder, a plus sign, and what tells this home from others with the same
     * builder.
     */
    String graalVersion() throws IOException {
        Properties release = new Properties();
        try (Reader reader = Files.newBufferedReader(root.resolve("release"))) {
            release.load(reader);
        }
        return release.getProperty("GRAALVM_VERSION", "").replace("\"", "");
    }

    private List<Path> jars(String directory) throws IOException {
        try (Stream<Path> files = Files.list(root.resolve(directory))) {
            return files.filter(file -> file.toString().endsWith(".jar")).sorted().toList();
        }
    }
}
