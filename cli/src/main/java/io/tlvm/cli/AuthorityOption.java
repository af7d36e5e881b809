package io.tlvm.cli;

import io.tlvm.cli.problem.Problem;
import io.tlvm.cli.problem.ProblemException;
import io.tlvm.foundation.tls.PkiDirectory;
import io.tlvm.foundation.tls.PkiUnusableException;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Option;

import java.nio.file.Path;

import javax.net.ssl.X509TrustManager;

/** {@code --ca}: whose certificates count for a signature. */
final class AuthorityOption {

    @Option(
            names = "--ca",
            paramLabel = "FILE",
            description = "authorities of the cluster, PEM (default: your ca.crt)")
    @Nullable Path file;

    /** The authorities that were named, or those that the user's own certificate comes from. */
    X509TrustManager authorities(Session session) {
        return file == null ? own(session) : read(file, Problem::usage);
    }

    /** Those that the user's own certificate comes from. */
    static X509TrustManager own(Session session) {
        return read(session.settings().pki().resolve("ca.crt"), Problem::identity);
    }

    private interface Fault {
        Problem of(String what, String fix);
    }

    private static X509TrustManager read(Path file, Fault fault) {
        try {
            return PkiDirectory.authorities(file);
        } catch (PkiUnusableException unusable) {
            throw new ProblemException(
                    fault.of(
                            String.valueOf(unusable.getMessage()),
                            "name the cluster's authorities with --ca"),
                    unusable);
        }
    }
}
