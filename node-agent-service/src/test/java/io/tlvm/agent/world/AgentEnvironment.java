package io.tlvm.agent.world;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.tlvm.agent.tpm.EkAuthority;
import io.tlvm.foundation.file.TreeRemoval;
import io.tlvm.foundation.tls.FreePort;
import io.tlvm.foundation.tls.PkiDirectory;
import io.tlvm.foundation.tls.TestPki;
import io.tlvm.node.v1.StorageLocation;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** An agent as a node runs it, on real QEMU and swtpm, and a control plane that admits it. */
public final class AgentEnvironment implements QuarkusTestResourceLifecycleManager {
    private static final String TRUST = "spiffe://tlvm.test/";
    private static final String STORAGE = "storagePaths/lab";

    private @Nullable Path root;
    private @Nullable ControlPlane controlPlane;

    @Override
    public Map<String, String> start() {
        try {
            // Short, because sockets lie below it; passable, because machines have users of their
            // own.
            Path directory = passable(Files.createTempDirectory(Path.of("/tmp"), "tlvm-ae-"));
            root = directory;
            certificates(directory.resolve("pki"));
            Path shared = passable(directory.resolve("s"));
            Files.writeString(shared.resolve(".tlvm-storage-path"), STORAGE);
            var cluster =
                    new ControlPlane(
                            PkiDirectory.open(directory.resolve("pki/vm-service")),
                            StorageLocation.newBuilder()
                                    .setStoragePath(STORAGE)
                                    .setDirectory(shared.toString())
                                    .build());
            controlPlane = cluster;
            String port = Integer.toString(FreePort.find());
            return Map.ofEntries(
                    Map.entry("test.directory", directory.toString()),
                    Map.entry("quarkus.grpc.server.test-port", port),
                    Map.entry("quarkus.management.test-port", "0"),
                    Map.entry("quarkus.http.test-port", "0"),
                    Map.entry("tlvm.trust-domain", "tlvm.test"),
                    Map.entry("tlvm.pki.directory", directory.resolve("pki/node-a").toString()),
                    Map.entry("tlvm.node.name", "node-a"),
                    Map.entry("tlvm.node.address", "127.0.0.1:" + port),
                    Map.entry("tlvm.node.state-directory", directory.resolve("n").toString()),
                    Map.entry("tlvm.node.run-directory", directory.resolve("r").toString()),
                    Map.entry("tlvm.node.vm-service.address", cluster.address()),
                    Map.entry("tlvm.node.catalog.address", "127.0.0.1:1"),
                    Map.entry("tlvm.node.guardian", guardian(directory).toString()),
                    Map.entry("tlvm.node.report-debug-paths", "true"),
                    Map.entry("tlvm.node.ek-ca-directory", EkAuthority.in(directory).toString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void certificates(Path pki) {
        var authority = new TestPki("agents");
        Instant now = Instant.now();
        authority.issue(pki.resolve("vm-service"), TRUST + "svc/vm-service");
        authority.issue(pki.resolve("alice"), TRUST + "user/alice");
        authority.issue(pki.resolve("node-a"), TRUST + "node/node-a/igvm-agent");
        authority.issue(pki.resolve("node-b"), TRUST + "node/node-b/igvm-agent");
        authority.issue(
                pki.resolve("expired"),
                now.minus(Duration.ofDays(1)),
                now.minus(Duration.ofHours(1)),
                TRUST + "svc/vm-service");
        authority.issue(pki.resolve("other-domain"), "spiffe://elsewhere.test/svc/vm-service");
        authority.issue(
                pki.resolve("two-names"),
                now.minus(Duration.ofHours(1)),
                now.plus(Duration.ofHours(1)),
                TRUST + "svc/vm-service",
                TRUST + "user/alice");
        new TestPki("foreign").issue(pki.resolve("foreign"), TRUST + "svc/vm-service");
    }

    private static Path guardian(Path directory) throws IOException {
        Path binary = directory.resolve("guardian");
        Process build =
                new ProcessBuilder("src/main/c/build", binary.toString()).inheritIO().start();
        try {
            if (!build.waitFor(60, TimeUnit.SECONDS) || build.exitValue() != 0) {
                throw new IOException("the guardian cannot be compiled");
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new IOException(stop);
        }
        return binary;
    }

    private static Path passable(Path directory) throws IOException {
        Files.createDirectories(directory);
        return Files.setPosixFilePermissions(
                directory, PosixFilePermissions.fromString("rwx--x--x"));
    }

    @Override
    public void stop() {
        if (controlPlane != null) {
            controlPlane.close();
        }
        if (root != null) {
            try {
                TreeRemoval.remove(root);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
