package io.tlvm.foundation.probe;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.tlvm.foundation.tls.TestPki;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;

/** Gives the probe an identity, and the tests the authority behind it. */
public final class ProbePki implements QuarkusTestResourceLifecycleManager {

    static final String SERVER = "spiffe://tlvm.test/svc/vm-service";

    private final TestPki authority = new TestPki("probe authority");
    private @Nullable Path root;

    @Override
    public Map<String, String> start() {
        try {
            root = Files.createTempDirectory("tlvm-probe-pki");
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
        return Map.of(
                "tlvm.pki.directory", authority.issue(root.resolve("server"), SERVER).toString());
    }

    @Override
    public void inject(TestInjector injector) {
        injector.injectIntoFields(authority, new TestInjector.MatchesType(TestPki.class));
    }

    @Override
    public void stop() {
        if (root == null) {
            return;
        }
        try (var files = Files.walk(root)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
