package io.tlvm.agent.node;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.tlvm.foundation.tls.FreePort;
import io.tlvm.foundation.tls.ScriptedPki;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;

/**
 * What a node's agent has around it: its directories, the guardian and certificates made by the
 * script that makes those of a cluster. Nobody answers at the addresses of the services.
 */
public final class ScriptedNode implements QuarkusTestResourceLifecycleManager {
    private ScriptedPki pki;
    private int port;

    /** What a test reaches: certificates as the script laid them out, and the agent's port. */
    public record Access(Path pki, int port) {}

    /**
     * After the environment of the other tests, which Quarkus starts for every test: ours counts.
     */
    @Override
    public int order() {
        return 1;
    }

    @Override
    public Map<String, String> start() {
        try {
            pki = ScriptedPki.make("--user", "admin", "--node", "node-a");
            pki.foreign("svc/vm-service");
            // QEMU runs as another user and passes through.
            Files.setPosixFilePermissions(
                    pki.directory(), PosixFilePermissions.fromString("rwx--x--x"));
            port = FreePort.find();
            return Map.ofEntries(
                    Map.entry("quarkus.grpc.server.port", Integer.toString(port)),
                    Map.entry("quarkus.management.port", Integer.toString(FreePort.find())),
                    Map.entry("tlvm.trust-domain", "tlvm.local"),
                    Map.entry(
                            "tlvm.pki.directory",
                            pki.directory().resolve("node/node-a").toString()),
                    Map.entry("tlvm.node.name", "node-a"),
                    Map.entry("tlvm.node.address", "127.0.0.1:" + port),
                    Map.entry("tlvm.node.state-directory", directory("state").toString()),
                    Map.entry("tlvm.node.run-directory", directory("r").toString()),
                    Map.entry("tlvm.node.vm-service.address", "127.0.0.1:" + FreePort.find()),
                    Map.entry("tlvm.node.catalog.address", "127.0.0.1:" + FreePort.find()),
                    Map.entry(
                            "tlvm.node.guardian",
                            Path.of("target/guardian").toAbsolutePath().toString()));
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private Path directory(String name) throws IOException {
        return Files.setPosixFilePermissions(
                Files.createDirectory(pki.directory().resolve(name)),
                PosixFilePermissions.fromString("rwx--x--x"));
    }

    @Override
    public void inject(TestInjector injector) {
        injector.injectIntoFields(
                new Access(pki.directory(), port), new TestInjector.MatchesType(Access.class));
    }

    @Override
    public void stop() {
        if (pki != null) {
            pki.close();
        }
    }
}
