package io.tlvm.nativetoolchain.driver;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;

/** The command {@code native-image}, as far as Quarkus and simple builds use it. */
public final class NativeImage {
    /** The status that GraalVM's command ends with when it refuses its arguments. */
    private static final int REFUSED = 20;

    private NativeImage() {}

    /** Ends with the builder's status, 0 for a built image. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        int status;
        try {
            status = run(Home.ofThisJvm(), CommandLine.expand(List.of(arguments)));
        } catch (Refused refused) {
            System.err.println("Error: " + refused.getMessage());
            status = REFUSED;
        } catch (NoSuchFileException missing) {
            System.err.println("Error: no such file: " + missing.getFile());
            status = REFUSED;
        }
        System.exit(status);
    }

    private static int run(Home home, List<String> arguments)
            throws IOException, InterruptedException {
        if (arguments.equals(List.of("--version"))) {
            printVersion(vendorVersion(home.graalVersion()));
            return 0;
        }
        ImageRequest request = CommandLine.parse(arguments, home.declaredOptions());
        ImageRequest.Image image = request.complete(home, arguments);
        Builder builder = new Builder(home, request);
        if (request.verbose || request.dryRun) {
            builder.vmArguments().forEach(System.out::println);
            builder.imageArguments().forEach(System.out::println);
        }
        if (request.dryRun) {
            return 0;
        }
        int status = builder.run();
        if (status == 0) {
            new SharedLibraries(home.jdkLibraries()).copyFor(image.file());
        }
        return status;
    }

    /**
     * Quarkus reads the builder's version between the name of the distribution and the plus sign.
     */
    static String vendorVersion(String graalVersion) {
        return "GraalVM CE " + graalVersion;
    }

    /** Three lines in the form of {@code java --version}, which Quarkus takes apart. */
    private static void printVersion(String vendor) {
        System.out.printf(
                "native-image %s %s%n",
                System.getProperty("java.version"), System.getProperty("java.version.date"));
        System.out.printf(
                "%s %s (build %s)%n",
                System.getProperty("java.runtime.name"),
                vendor,
                System.getProperty("java.runtime.version"));
        System.out.printf(
                "%s %s (build %s, %s)%n",
                System.getProperty("java.vm.name"),
                vendor,
                System.getProperty("java.vm.version"),
                System.getProperty("java.vm.info"));
    }
}
