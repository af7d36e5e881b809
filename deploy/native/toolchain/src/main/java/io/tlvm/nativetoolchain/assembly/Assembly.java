package io.tlvm.nativetoolchain.assembly;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes into a home whose jars are in place: the options of {@code native-image}, the packages
 * that the builder's modules need from the JDK, and C headers. All of it follows from class files,
 * so nothing here has to be kept in step with a version.
 */
public final class Assembly {
    private Assembly() {}

    /** One argument: the home. */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 1) {
            throw new IllegalArgumentException("usage: Assembly HOME");
        }
        Path svm = Path.of(arguments[0]).resolve("lib/svm");
        BuilderClasses classes = BuilderClasses.in(svm.resolve("builder"), svm.resolve("upgrade"));

        Files.write(svm.resolve("driver/options"), new DeclaredOptions(classes).lines());
        Files.write(svm.resolve("driver/builder-exports"), new ModuleExports(classes).lines());
        new CpuFeatureHeaders(classes).writeTo(svm.resolve("clibraries/include"));
    }
}
