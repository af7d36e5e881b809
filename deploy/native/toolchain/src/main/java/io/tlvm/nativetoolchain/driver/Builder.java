package io.tlvm.nativetoolchain.driver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** One run of the image builder, in a JVM of its own. */
final class Builder {
    private static final String MAIN =
            "org.graalvm.nativeimage.builder/com.oracle.svm.hosted.NativeImageGeneratorRunner";

    /** Everything else could end up in an image. */
    private static final Set<String> ENVIRONMENT =
            Set.of("PATH", "HOME", "PWD", "TMPDIR", "LANG", "LANGUAGE");

    private final Home home;
    private final ImageRequest request;

    Builder(Home home, ImageRequest request) {
        this.home = home;
        this.request = request;
    }

    /** The exit status of the builder. */
    int run() throws IOException, InterruptedException {
        Path vmArguments = Files.createTempFile("native-image-vm", ".args");
        Path imageArguments = Files.createTempFile("native-image", ".args");
        try {
            Files.write(vmArguments, vmArguments().stream().map(ArgumentFile::quoted).toList());
            Files.writeString(imageArguments, String.join("\0", imageArguments()));
            ProcessBuilder process =
                    new ProcessBuilder(
                                    home.java().toString(),
                                    "@" + vmArguments,
                                    "--image-args-file=" + imageArguments)
                            .inheritIO();
            process.environment()
                    .keySet()
                    .removeIf(name -> !ENVIRONMENT.contains(name) && !name.startsWith("LC_"));
            process.environment().putAll(request.environment);
            // The builder runs as modules, on a JDK that is not Oracle's "labs" build of it.
            process.environment().put("USE_NATIVE_IMAGE_JAVA_PLATFORM_MODULE_SYSTEM", "true");
            process.environment().put("JVMCI_VERSION_CHECK", "ignore");
            return process.start().waitFor();
        } finally {
            Files.deleteIfExists(vmArguments);
            Files.deleteIfExists(imageArguments);
        }
    }

    List<String> vmArguments() throws IOException {
        String version = home.graalVersion();
        List<String> arguments = new ArrayList<>(home.moduleExports());
        arguments.addAll(
                List.of(
                        "--upgrade-module-path=" + path(home.upgradedModules()),
                        "--module-path=" + path(home.builderModules()),
                        "--add-modules=ALL-DEFAULT",
                        "--enable-native-access=org.graalvm.nativeimage.builder",
                        // The compiler is called as a library; the JVM itself keeps to its own.
                        "-XX:+UnlockExperimentalVMOptions",
                        "-XX:+EnableJVMCI",
                        "-XX:-UseJVMCICompiler",
                        "-XX:+UseParallelGC",
                        "-XX:+ExitOnOutOfMemoryError",
                        "-XX:MaxRAMPercentage=60",
                        "-Xss10m",
                        // Classes from the JDK's archive come initialised; an image decides that
                        // for itself.
                        "-Xshare:off",
                        "-Djdk.internal.lambda.disableEagerInitialization=true",
                        "-Djdk.internal.lambda.eagerlyInitialize=false",
                        "-Djava.lang.invoke.InnerClassLambdaMetafactory.initializeLambdas=false",
                        // Method handles are inlined while the image is built, which counters and
                        // profiles would prevent.
                        "-Djava.lang.invoke.MethodHandle.DONT_INLINE_THRESHOLD=-1",
                        "-Djava.lang.invoke.MethodHandle.PROFILE_GWT=false",
                        "-Djdk.reflect.useOldSerializableConstructor=true",
                        "-Djava.system.class.loader=com.oracle.svm.hosted.NativeImageSystemClassLoader",
                        "-Djava.awt.headless=true",
                        "-Dorg.graalvm.nativeimage.imagecode=buildtime",
                        "-Dorg.graalvm.version=" + version.replaceFirst("\\+.*", ""),
                        "-Dorg.graalvm.vendorversion=" + NativeImage.vendorVersion(version)));
        if (!request.modules.isEmpty()) {
            String modules = String.join(",", request.modules);
            arguments.add("-Dsvm.modulesupport.addedModules=" + modules);
            arguments.add("--add-modules=" + modules);
        }
        arguments.addAll(request.vmOptions);
        // The builder ends when this process is gone.
        arguments.addAll(
                List.of(
                        "--module",
                        MAIN,
                        "-keepalive",
                        "/proc/" + ProcessHandle.current().pid() + "/comm"));
        return arguments;
    }

    List<String> imageArguments() {
        List<String> arguments = new ArrayList<>(List.of("-imagecp", path(request.classPath)));
        arguments.addAll(request.builderOptions);
        return arguments;
    }

    private static String path(Collection<Path> entries) {
        return entries.stream().map(Path::toString).collect(Collectors.joining(":"));
    }
}
