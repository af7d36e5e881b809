package io.tlvm.foundation.tls;

import io.tlvm.foundation.identity.PeerIdentity;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * The identity of this process: a directory with {@code tls.crt} (leaf first), {@code tls.key}
 * (PKCS#8) and {@code ca.crt}, all PEM.
 *
 * <p>The managers it hands out ask for the current files at each handshake, so servers and channels
 * built on them survive a rotation. New files that do not load change nothing. Write them beside
 * and rename a link to the directory: files replaced one by one are read as a pair only once they
 * fit.
 */
public final class PkiDirectory implements AutoCloseable {

    private final Path directory;
    private final Clock clock;
    private final RotatingKeyManager keys;
    private final RotatingTrustManager trust;
    private final ScheduledExecutorService watcher =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("pki-watch").factory());
    private volatile Credentials current;

    private PkiDirectory(Path directory, Clock clock, Credentials first) {
        this.directory = directory;
        this.clock = clock;
        this.current = first;
        this.keys = new RotatingKeyManager(first);
        this.trust = new RotatingTrustManager(first.trust());
    }

    /** What {@link #reload} found. */
    public sealed interface Reload {
        /** The files are the ones in use. */
        record Unchanged() implements Reload {}

        /** New files are in use from the next handshake on. */
        record Replaced(PeerIdentity identity) implements Reload {}

        /** The new files do not load; the old pair stays in use. */
        record Kept(PeerIdentity identity, String why) implements Reload {}
    }

    /**
     * Loads the files.
     *
     * @throws PkiUnusableException when they do not make a valid identity
     */
    public static PkiDirectory open(Path directory, Clock clock) {
        return new PkiDirectory(directory, clock, Credentials.load(directory, clock.instant()));
    }

    /** {@link #open(Path, Clock)} with the system's clock. */
    public static PkiDirectory open(Path directory) {
        return open(directory, Clock.systemUTC());
    }

    /**
     * The authorities in a PEM file alone, for checks that need no identity.
     *
     * @throws PkiUnusableException when the file has no certificate
     */
    public static X509ExtendedTrustManager authorities(Path file) {
        return Credentials.trust(file);
    }

    /** Looks at the files now. */
    public synchronized Reload reload() {
        try {
            if (Credentials.filesDigest(directory).equals(current.filesDigest())) {
                return new Reload.Unchanged();
            }
            Credentials next = Credentials.load(directory, clock.instant());
            trust.use(next.trust());
            keys.use(next);
            current = next;
            return new Reload.Replaced(next.identity());
        } catch (PkiUnusableException unusable) {
            return new Reload.Kept(current.identity(), String.valueOf(unusable.getMessage()));
        }
    }

    /**
     * Looks at the files every {@code period} until {@link #close} and tells {@code heard} what it
     * found.
     */
    public void watch(Duration period, Consumer<Reload> heard) {
        var unused =
                watcher.scheduleWithFixedDelay(
                        () -> heard.accept(reload()),
                        period.toMillis(),
                        period.toMillis(),
                        TimeUnit.MILLISECONDS);
    }

    /** The identity in use. */
    public PeerIdentity identity() {
        return current.identity();
    }

    /** Presents the certificate in use. */
    public X509ExtendedKeyManager keyManager() {
        return keys;
    }

    /** Trusts the authorities in use; checks chains, not ids. */
    public X509ExtendedTrustManager trustManager() {
        return trust;
    }

    /** Ends {@link #watch}. The managers stay usable with the last files. */
    @Override
    public void close() {
        watcher.shutdownNow();
    }
}
