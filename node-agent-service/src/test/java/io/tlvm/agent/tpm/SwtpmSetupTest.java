package io.tlvm.agent.tpm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.tlvm.agent.hypervisor.qemu.RunDirectory;
import io.tlvm.agent.hypervisor.qemu.SwtpmCommandLine;
import io.tlvm.agent.keys.DirectoryKeys;
import io.tlvm.agent.keys.StateKey;
import io.tlvm.agent.keys.SwtpmKey;
import io.tlvm.agent.tpm.PermanentState.Defect;
import io.tlvm.agent.tpm.PermanentState.Reading;
import io.tlvm.foundation.file.FileOwner;
import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/**
 * With the swtpm, swtpm_setup and openssl that are installed. One TPM is made for all sentences.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SwtpmSetupTest {
    private static final VmUid VM = new VmUid("6f9619ff-8b86-4d01-b42d-00cf4fc964ff");
    private static final StateRef REF = new StateRef("g1-0a1b2c3d");
    private static final int SOME_USER = 64123;

    private final DirectoryKeys keys =
            DirectoryKeys.derive(StateKey.random(new SecureRandom()), VM, REF);
    private Path directory;
    private FileOwner owner;
    private SwtpmSetup setup;
    private Path tpm;
    private EndorsementKey made;
    private Set<String> leaks;

    @BeforeAll
    void manufacture_one_tpm(@TempDir Path temporary) throws Exception {
        directory = temporary;
        boolean root = FileOwner.ofThisProcess().uid() == 0;
        owner = root ? new FileOwner(SOME_USER, SOME_USER) : FileOwner.ofThisProcess();
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
        setup = new SwtpmSetup(EkAuthority.in(directory), Duration.ofSeconds(60));
        tpm = Files.createDirectory(directory.resolve("tpm"));
        try (Watch watch = new Watch(hex(keys.swtpmKey()))) {
            made = setup.manufacture(tpm, keys.swtpmKey(), owner, VM);
            leaks = watch.seen();
        }
    }

    @AfterAll
    void forget_the_keys() {
        keys.close();
    }

    @Test
    void the_certificate_names_the_machine_and_is_signed_by_the_authority() throws Exception {
        X509Certificate certificate =
                (X509Certificate)
                        CertificateFactory.getInstance("X.509")
                                .generateCertificate(
                                        new ByteArrayInputStream(made.certificate().toByteArray()));
        X509Certificate issuer =
                (X509Certificate)
                        CertificateFactory.getInstance("X.509")
                                .generateCertificate(
                                        Files.newInputStream(
                                                directory.resolve("ek-ca/issuercert.pem")));

        certificate.verify(issuer.getPublicKey());
        assertThat(certificate.getSubjectX500Principal().getName()).contains("CN=" + VM);
        assertThat(made.fingerprint().value()).startsWith("sha256:");
    }

    @Test
    void the_state_belongs_to_the_machine_s_user_alone() throws IOException {
        assertThat(mode(tpm)).isEqualTo("rwx------");
        assertThat(FileOwner.of(tpm)).isEqualTo(owner);
        try (Stream<Path> files = Files.list(tpm)) {
            assertThat(files)
                    .isNotEmpty()
                    .allSatisfy(
                            file -> {
                                assertThat(mode(file)).isEqualTo("rw-------");
                                assertThat(FileOwner.of(file)).isEqualTo(owner);
                            });
        }
    }

    @Test
    void the_key_is_in_no_argument_and_no_environment_while_the_tpm_is_made() {
        assertThat(leaks).isEmpty();
    }

    @Test
    void the_watch_for_leaks_does_see_a_key_in_arguments_and_environment() throws Exception {
        String marker = hex(keys.swtpmKey()).replace('a', 'b');
        ProcessBuilder leaky = new ProcessBuilder("/bin/sh", "-c", "read -r line", marker);
        leaky.environment().put("KEY", marker);
        Process process = leaky.start();
        try (Watch watch = new Watch(marker)) {
            watch.awaitRound();
            watch.awaitRound();
            assertThat(watch.seen()).hasSize(2);
        } finally {
            process.getOutputStream().close();
            process.waitFor(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void the_payload_is_what_openssl_decrypts() throws Exception {
        byte[] file = Files.readAllBytes(tpm.resolve(PermanentState.FILE_NAME));
        ByteBuffer in = ByteBuffer.wrap(file).position(10);
        byte[] ciphertext = new byte[0];
        byte[] iv = new byte[0];
        while (in.hasRemaining()) {
            int tag = in.getShort();
            byte[] value = new byte[in.getInt()];
            in.get(value);
            ciphertext = tag == 2 ? value : ciphertext;
            iv = tag == 6 ? value : iv;
        }
        Path encrypted = Files.write(directory.resolve("ciphertext"), ciphertext);
        Process openssl =
                new ProcessBuilder(
                                "openssl",
                                "enc",
                                "-d",
                                "-aes-256-cbc",
                                "-in",
                                encrypted.toString(),
                                "-K",
                                hex(keys.swtpmKey()),
                                "-iv",
                                HexFormat.of().formatHex(iv, 0, 16))
                        .start();
        byte[] payload = openssl.getInputStream().readAllBytes();
        assertThat(openssl.waitFor(10, TimeUnit.SECONDS)).isTrue();

        Path plain = Files.write(directory.resolve("payload"), payload);
        Process sum = new ProcessBuilder("sha256sum", plain.toString()).start();
        String expected = new String(sum.getInputStream().readAllBytes(), UTF_8).substring(0, 64);
        assertThat(payload).hasSizeGreaterThan(1000);
        assertThat(payloadDigest(file)).isEqualTo(new Digest("sha256:" + expected));
    }

    @Test
    void every_changed_byte_is_refused() throws IOException {
        byte[] file = Files.readAllBytes(tpm.resolve(PermanentState.FILE_NAME));

        for (int i = 0; i < file.length; i++) {
            byte[] changed = file.clone();
            changed[i] ^= (byte) (1 << (i % 8));
            assertThat(PermanentState.read(changed, keys.swtpmKey()))
                    .as("byte %d", i)
                    .isInstanceOf(Reading.Rejected.class);
        }
    }

    @Test
    void every_truncation_is_refused() throws IOException {
        byte[] file = Files.readAllBytes(tpm.resolve(PermanentState.FILE_NAME));

        for (int length = 0; length < file.length; length++) {
            assertThat(PermanentState.read(Arrays.copyOf(file, length), keys.swtpmKey()))
                    .isInstanceOf(Reading.Rejected.class);
        }
        assertThat(PermanentState.read(Arrays.copyOf(file, file.length + 1), keys.swtpmKey()))
                .isEqualTo(
                        new Reading.Rejected(new Defect.WrongLength(file.length, file.length + 1)));
    }

    @Test
    void a_file_of_another_directory_is_not_authentic() throws IOException {
        byte[] file = Files.readAllBytes(tpm.resolve(PermanentState.FILE_NAME));
        try (DirectoryKeys other =
                DirectoryKeys.derive(StateKey.random(new SecureRandom()), VM, REF)) {
            assertThat(PermanentState.read(file, other.swtpmKey()))
                    .isEqualTo(new Reading.Rejected(new Defect.NotAuthentic()));
        }
    }

    @Test
    void a_restart_of_swtpm_as_the_machine_s_user_keeps_the_payload() throws Exception {
        Path state = tpm.resolve(PermanentState.FILE_NAME);
        Digest before = payloadDigest(Files.readAllBytes(state));
        Path run = Files.createDirectory(directory.resolve("run"));
        owner.take(run, "rwx------");

        try (RunningSwtpm swtpm = RunningSwtpm.start(tpm, run, keys.swtpmKey(), owner)) {
            assertThat(swtpm.init()).startsWith("0 ");
        }

        assertThat(payloadDigest(Files.readAllBytes(state))).isEqualTo(before);
        assertThat(mode(state)).isEqualTo("rw-------");
    }

    @Test
    void a_tpm_is_never_made_twice_in_a_directory() throws IOException {
        byte[] before = Files.readAllBytes(tpm.resolve(PermanentState.FILE_NAME));

        assertThatThrownBy(() -> setup.manufacture(tpm, keys.swtpmKey(), owner, VM))
                .isInstanceOf(ManufactureFailed.class)
                .hasMessageContaining("never again");
        assertThat(Files.readAllBytes(tpm.resolve(PermanentState.FILE_NAME))).isEqualTo(before);
    }

    @Test
    void without_its_certificate_authority_no_tpm_is_made_and_the_reason_is_told()
            throws IOException {
        Path empty = Files.createDirectory(directory.resolve("tpm-without-ca"));
        SwtpmSetup broken = new SwtpmSetup(directory.resolve("nowhere"), Duration.ofSeconds(20));

        assertThatThrownBy(() -> broken.manufacture(empty, keys.swtpmKey(), owner, VM))
                .isInstanceOf(ManufactureFailed.class)
                .hasMessageContaining("nowhere/swtpm_setup.conf");
    }

    @Test
    void a_manufacture_that_takes_too_long_is_killed_with_its_children() throws IOException {
        Path empty = Files.createDirectory(directory.resolve("tpm-too-slow"));
        SwtpmSetup hasty = new SwtpmSetup(directory.resolve("ek-ca"), Duration.ofMillis(100));

        assertThatThrownBy(() -> hasty.manufacture(empty, keys.swtpmKey(), owner, VM))
                .isInstanceOf(ManufactureFailed.class)
                .hasMessageContaining("longer than");
        // A killed process is gone when its parent, or init, has reaped it.
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(
                        () ->
                                assertThat(commandLines())
                                        .noneMatch(line -> line.contains(empty.toString())));
    }

    private static List<String> commandLines() {
        return ProcessHandle.allProcesses()
                .map(process -> process.info().commandLine().orElse(""))
                .toList();
    }

    @Test
    void the_installed_version_is_known() throws Exception {
        assertThat(setup.swtpmVersion()).matches("[0-9]+\\.[0-9]+.*");
    }

    @Test
    void the_command_line_has_private_files_and_no_key() {
        Path swtpm = Path.of("/usr/bin/swtpm");
        RunDirectory run = new RunDirectory(Path.of("/run/tlvm/1"));

        assertThat(SwtpmCommandLine.of(swtpm, tpm, run).arguments())
                .containsExactly(
                        "/usr/bin/swtpm",
                        "socket",
                        "--tpm2",
                        "--tpmstate",
                        "dir=" + tpm + ",mode=0600",
                        "--ctrl",
                        "type=unixio,path=/run/tlvm/1/io/swtpm.sock,mode=0600",
                        "--terminate");
        // A comma begins another option, and swtpm knows no way to quote one.
        assertThatThrownBy(() -> SwtpmCommandLine.of(swtpm, Path.of("/a,b"), run))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private Digest payloadDigest(byte[] file) {
        return switch (PermanentState.read(file, keys.swtpmKey())) {
            case Reading.Authentic(TpmPayload payload) -> payload.sha256();
            case Reading.Rejected(Defect why) -> throw new AssertionError(why.message());
        };
    }

    private static String hex(SwtpmKey key) {
        return key.<String, RuntimeException>open(HexFormat.of()::formatHex);
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    /** Reads arguments and environment of every process, again and again, for a secret. */
    private static final class Watch implements AutoCloseable {
        private final Set<String> seen = ConcurrentHashMap.newKeySet();
        private final AtomicBoolean over = new AtomicBoolean();
        private final CyclicBarrier round = new CyclicBarrier(2);
        private final String secret;
        private final Thread thread;

        Watch(String secret) {
            this.secret = secret;
            this.thread = Thread.ofPlatform().start(this::look);
        }

        Set<String> seen() {
            return Set.copyOf(seen);
        }

        void awaitRound() throws Exception {
            round.await(20, TimeUnit.SECONDS);
        }

        private void look() {
            while (!over.get()) {
                ProcessHandle.allProcesses()
                        .forEach(
                                process -> {
                                    for (String file : new String[] {"cmdline", "environ"}) {
                                        Path path =
                                                Path.of(
                                                        "/proc",
                                                        Long.toString(process.pid()),
                                                        file);
                                        try {
                                            if (new String(Files.readAllBytes(path), ISO_8859_1)
                                                    .contains(secret)) {
                                                seen.add(path.toString());
                                            }
                                        } catch (IOException ended) {
                                            // it was there a moment ago
                                        }
                                    }
                                });
                if (round.getNumberWaiting() > 0) {
                    try {
                        round.await();
                    } catch (InterruptedException | BrokenBarrierException stop) {
                        return;
                    }
                }
            }
        }

        @Override
        public void close() throws InterruptedException {
            over.set(true);
            thread.join(TimeUnit.SECONDS.toMillis(20));
        }
    }
}
