package io.tlvm.agent.tpm;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;

import io.tlvm.agent.keys.SwtpmKey;
import io.tlvm.foundation.file.DurableFile;
import io.tlvm.foundation.file.FileOwner;
import io.tlvm.foundation.file.StableRead;
import io.tlvm.foundation.file.TreeRemoval;
import io.tlvm.ownership.id.VmUid;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Manufactures the vTPM of a machine, once: seeds, endorsement keys, their certificates in NV
 * memory, and a platform certificate, by swtpm_setup.
 *
 * <p>It runs as the agent's own user, because only that user may read the certificate authority's
 * key; no guest has run yet, so nothing in the directory is hostile. Afterwards the directory
 * belongs to the machine's user. The state key reaches swtpm_setup through a pipe: {@code
 * ProcessBuilder} can hand down no other descriptor than the standard ones, so a shell moves its
 * standard input to descriptor 3 before it becomes swtpm_setup.
 */
public final class SwtpmSetup {
    private static final String TRAMPOLINE = "umask 077; exec 3<&0 </dev/null; exec \"$@\"";
    private static final String KEY_DESCRIPTOR = "3";
    private static final Map<String, String> ENVIRONMENT =
            Map.of("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL", "C");
    private static final String EK_CERTIFICATE = "ek-rsa2048.crt";
    private static final String ISSUERS = "issuercert.pem";
    private static final int CERTIFICATE_MAX = 64 * 1024;
    private static final int LOG_MAX = 1 << 20;
    private static final long KILL_PATIENCE_SECONDS = 5;
    private static final int LOG_SHOWN = 600;
    private static final Pattern VERSION = Pattern.compile("version ([0-9][0-9A-Za-z.~+-]{0,31})");

    private final Path ekCaDirectory;
    private final Duration deadline;

    /**
     * A manufacturer.
     *
     * @param ekCaDirectory the node's certificate authority for endorsement keys, with a file
     *     {@code swtpm_setup.conf} that names the others; its own, because swtpm_localca locks it
     *     for one user
     * @param deadline after which swtpm_setup is killed; it takes about a second
     */
    public SwtpmSetup(Path ekCaDirectory, Duration deadline) {
        this.ekCaDirectory = ekCaDirectory.toAbsolutePath();
        this.deadline = deadline;
    }

    /**
     * Makes a new TPM. Refuses a directory that has one: a TPM is never made again.
     *
     * @param tpmDirectory an empty directory of the agent; on return it, and all in it, belongs to
     *     {@code owner} with modes 0700 and 0600, and is synced
     * @param key what swtpm encrypts the state with
     * @param owner the user that swtpm of this machine runs under
     * @param vm the machine, which the certificates name
     * @return the certificate of the RSA endorsement key
     * @throws ManufactureFailed when there is state already, swtpm_setup fails or takes too long,
     *     or its result does not open with the key
     * @throws IOException when the medium fails
     * @throws InterruptedException when the thread is interrupted; swtpm_setup is killed then
     */
    public EndorsementKey manufacture(Path tpmDirectory, SwtpmKey key, FileOwner owner, VmUid vm)
            throws IOException, InterruptedException {
        Path state = tpmDirectory.resolve(PermanentState.FILE_NAME);
        if (Files.exists(state, LinkOption.NOFOLLOW_LINKS)) {
            throw new ManufactureFailed(
                    "%s exists; a vTPM is made once and never again".formatted(state));
        }
        // A short path: swtpm_setup puts a unix socket there, and those have at most 107 bytes.
        Path scratch = Files.createTempDirectory("tlvm-tpm-");
        try {
            run(tpmDirectory.toAbsolutePath(), key, vm, scratch);
            requireOwnState(state, key);
            EndorsementKey made =
                    new EndorsementKey(certificate(scratch.resolve(EK_CERTIFICATE)), issuers());
            handOver(tpmDirectory, owner);
            return made;
        } finally {
            TreeRemoval.remove(scratch);
        }
    }

    /**
     * The version of the swtpm that is installed, for example {@code 0.7.1}.
     *
     * @throws IOException when it does not run or does not say
     * @throws InterruptedException when the thread is interrupted
     */
    public String swtpmVersion() throws IOException, InterruptedException {
        Path scratch = Files.createTempDirectory("tlvm-tpm-");
        try {
            Path out = scratch.resolve("version");
            ProcessBuilder builder = new ProcessBuilder("swtpm", "--version");
            Process process = start(builder, out);
            process.getOutputStream().close();
            int status = await(process);
            Matcher version = VERSION.matcher(text(out));
            if (status != 0 || !version.find()) {
                throw new IOException(
                        "swtpm --version ended with status %d and said: %s"
                                .formatted(status, tail(out)));
            }
            return version.group(1);
        } finally {
            TreeRemoval.remove(scratch);
        }
    }

    private void run(Path tpmDirectory, SwtpmKey key, VmUid vm, Path scratch)
            throws IOException, InterruptedException {
        Path log = scratch.resolve("log");
        ProcessBuilder builder =
                new ProcessBuilder("setsid", "/bin/sh", "-c", TRAMPOLINE, "tlvm-swtpm-setup");
        builder.command().addAll(arguments(tpmDirectory, vm, scratch));
        builder.environment().clear();
        builder.environment().putAll(ENVIRONMENT);
        builder.environment().put("TMPDIR", scratch.toString());
        Process process = start(builder, log);
        try (var stdin = process.getOutputStream()) {
            key.writeHexLine(stdin);
        } catch (IOException gone) {
            kill(process);
            throw new ManufactureFailed("swtpm_setup took no key and said: " + tail(log));
        }
        int status = await(process);
        if (status != 0) {
            throw new ManufactureFailed(
                    "swtpm_setup ended with status %d and said: %s".formatted(status, tail(log)));
        }
    }

    private List<String> arguments(Path tpmDirectory, VmUid vm, Path scratch) {
        return List.of(
                "swtpm_setup",
                "--tpm2",
                "--tpmstate",
                tpmDirectory.toString(),
                "--createek",
                "--create-ek-cert",
                "--create-platform-cert",
                "--lock-nvram",
                "--not-overwrite",
                "--pcr-banks",
                "sha256",
                "--config",
                ekCaDirectory.resolve("swtpm_setup.conf").toString(),
                "--vmid",
                vm.value(),
                "--cipher",
                "aes-256-cbc",
                "--keyfile-fd",
                KEY_DESCRIPTOR,
                "--write-ek-cert-files",
                scratch.toString());
    }

    private static Process start(ProcessBuilder builder, Path out) throws IOException {
        return builder.redirectErrorStream(true).redirectOutput(out.toFile()).start();
    }

    private int await(Process process) throws IOException, InterruptedException {
        boolean ended = false;
        try {
            ended = process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS);
        } finally {
            if (!ended) {
                kill(process);
            }
        }
        if (!ended) {
            throw new ManufactureFailed("it took longer than " + deadline);
        }
        return process.exitValue();
    }

    /**
     * With its children, and waits until they are gone: afterwards nobody writes into the
     * directories any more. The whole group at once, which setsid(1) made: a list of children
     * misses the swtpm that is being forked at that moment.
     */
    private static void kill(Process process) {
        List<ProcessHandle> family =
                Stream.concat(process.descendants(), Stream.of(process.toHandle())).toList();
        signalGroup(process.pid());
        family.forEach(ProcessHandle::destroyForcibly);
        CompletableFuture<?>[] ends =
                family.stream().map(ProcessHandle::onExit).toArray(CompletableFuture<?>[]::new);
        CompletableFuture.allOf(ends)
                .completeOnTimeout(null, KILL_PATIENCE_SECONDS, TimeUnit.SECONDS)
                .join();
    }

    private static void signalGroup(long leader) {
        try {
            boolean unused =
                    new ProcessBuilder(
                                    "/bin/sh",
                                    "-c",
                                    "kill -s KILL -- -\"$1\"",
                                    "kill-group",
                                    Long.toString(leader))
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor(KILL_PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (IOException noShell) {
            throw new UncheckedIOException("cannot end swtpm_setup and its children", noShell);
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * swtpm_setup says 0 also when it found state and made none: what counts is a file that opens
     * with this key.
     */
    private static void requireOwnState(Path state, SwtpmKey key) throws IOException {
        if (!(StableRead.read(state, PermanentState.FILE_MAX)
                instanceof StableRead.Outcome.Stable(byte[] file))) {
            throw new ManufactureFailed("swtpm_setup left no readable " + state);
        }
        switch (PermanentState.read(file, key)) {
            case PermanentState.Reading.Authentic(TpmPayload payload) -> payload.close();
            case PermanentState.Reading.Rejected(PermanentState.Defect why) ->
                    throw new ManufactureFailed(
                            "%s cannot be used: %s".formatted(state, why.message()));
        }
    }

    /**
     * The node's own issuer; an authority that keeps its issuers elsewhere vouches without being
     * shown.
     */
    private ByteString issuers() throws IOException {
        Path file = ekCaDirectory.resolve(ISSUERS);
        if (!(StableRead.read(file, CERTIFICATE_MAX)
                instanceof StableRead.Outcome.Stable(byte[] pem))) {
            return ByteString.EMPTY;
        }
        try {
            ByteString encoded = ByteString.EMPTY;
            for (Certificate issuer :
                    CertificateFactory.getInstance("X.509")
                            .generateCertificates(new ByteArrayInputStream(pem))) {
                encoded = encoded.concat(ByteString.copyFrom(issuer.getEncoded()));
            }
            return encoded;
        } catch (CertificateException broken) {
            throw new ManufactureFailed(
                    "%s holds no certificate: %s".formatted(file, broken.getMessage()));
        }
    }

    private static ByteString certificate(Path file) throws IOException {
        if (!(StableRead.read(file, CERTIFICATE_MAX)
                instanceof StableRead.Outcome.Stable(byte[] der))) {
            throw new ManufactureFailed(
                    "swtpm_setup wrote no certificate of an RSA endorsement key");
        }
        try {
            byte[] parsed =
                    CertificateFactory.getInstance("X.509")
                            .generateCertificate(new ByteArrayInputStream(der))
                            .getEncoded();
            return ByteString.copyFrom(parsed);
        } catch (CertificateException broken) {
            throw new ManufactureFailed(
                    "the endorsement key's certificate is none: " + broken.getMessage());
        }
    }

    /**
     * swtpm makes its files 0640 whatever the umask is. Here nobody but the machine's user has any
     * right.
     */
    private static void handOver(Path tpmDirectory, FileOwner owner) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(tpmDirectory)) {
            for (Path file : files) {
                owner.take(file, "rw-------");
                DurableFile.sync(file);
            }
        }
        owner.take(tpmDirectory, "rwx------");
        DurableFile.syncDirectory(tpmDirectory);
    }

    private static String tail(Path log) throws IOException {
        String text = text(log).strip();
        return text.substring(Math.max(0, text.length() - LOG_SHOWN));
    }

    private static String text(Path log) throws IOException {
        return StableRead.read(log, LOG_MAX) instanceof StableRead.Outcome.Stable(byte[] bytes)
                ? new String(bytes, UTF_8)
                : "(nothing readable)";
    }
}
