package io.tlvm.foundation.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;

import io.tlvm.foundation.keyset.KeysetFile;
import io.tlvm.foundation.secret.KeyBytes;
import io.tlvm.foundation.signature.CertificateSigner;
import io.tlvm.foundation.tls.PkiDirectory;
import io.tlvm.foundation.tls.TestPki;
import io.tlvm.node.storage.v1.BackupBundle;
import io.tlvm.node.storage.v1.BackupHeader;
import io.tlvm.node.v1.MachineSpec;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** What a reader takes for a backup, and what it does not. */
class BackupTest {
    private static final String DOMAIN = "spiffe://tlvm.test/";
    private static final String NODE_A = DOMAIN + "node/node-a/igvm-agent";
    private static final byte[] VARIABLES = "variables".getBytes(StandardCharsets.UTF_8);
    private static final byte[] TPM = "encrypted vTPM".getBytes(StandardCharsets.UTF_8);

    private final TestPki pki = new TestPki("cluster");
    private final SecureRandom random = new SecureRandom();
    private Path directory;
    private KeysetFile key;
    private BackupReader reader;

    @BeforeEach
    void keys(@TempDir Path temporary) throws IOException {
        directory = temporary;
        key = KeysetFile.create(directory.resolve("recovery.keyset"));
        reader = readerOf(pki, "reader");
    }

    @Test
    void who_holds_the_key_reads_what_the_node_sealed() throws Exception {
        byte[] file = backup(NODE_A);

        Backup backup = reader.read(file);

        assertThat(backup.header().getVmName()).isEqualTo("projects/p/virtualMachines/web01");
        assertThat(backup.header().getRecipientsList())
                .extracting(recipient -> recipient.getKeyId())
                .containsExactly(RecipientKey.of(key.publicKey()).id());
        try (BackupPayload payload = backup.open(key)) {
            assertThat(payload.variables()).isEqualTo(VARIABLES);
            assertThat(payload.tpm().orElseThrow().file()).isEqualTo(TPM);
        }
        assertThat(new String(file, StandardCharsets.ISO_8859_1))
                .doesNotContain("encrypted vTPM")
                .doesNotContain("variables");
    }

    @Test
    void a_machine_without_vtpm_has_a_backup_too() throws Exception {
        BackupHeader facts = facts().toBuilder().clearEkFingerprint().build();
        byte[] file =
                writer(NODE_A, "node-a")
                        .write(
                                facts,
                                new BackupPayload(Optional.empty(), VARIABLES.clone()),
                                recipients(key));

        try (BackupPayload payload = reader.read(file).open(key)) {
            assertThat(payload.tpm()).isEmpty();
            assertThat(payload.variables()).isEqualTo(VARIABLES);
        }
    }

    @Test
    void each_of_several_recipients_opens_it_and_nobody_else() throws Exception {
        KeysetFile second = KeysetFile.create(directory.resolve("second.keyset"));
        KeysetFile stranger = KeysetFile.create(directory.resolve("stranger.keyset"));
        Backup backup = reader.read(backup(NODE_A, facts(), recipients(key, second)));

        backup.open(key).close();
        backup.open(second).close();
        BackupRefusal refusal =
                catchThrowableOfType(BackupRefused.class, () -> backup.open(stranger)).why();

        assertThat(refusal)
                .isEqualTo(
                        new BackupRefusal.OtherRecipient(
                                RecipientKey.of(stranger.publicKey()).id(),
                                recipients(key, second).stream().map(RecipientKey::id).toList()));
    }

    @Test
    void no_byte_is_free() throws Exception {
        byte[] file = backup(NODE_A);
        for (int at = 0; at < file.length; at++) {
            byte[] changed = file.clone();
            changed[at] ^= (byte) (1 << (at % 8));
            assertRefused(changed, "byte " + at);
        }
    }

    @Test
    void every_truncation_and_every_appendix_is_refused() throws Exception {
        byte[] file = backup(NODE_A);
        for (int length = 0; length < file.length; length++) {
            assertRefused(Arrays.copyOf(file, length), "truncated to " + length);
        }
        assertRefused(Arrays.copyOf(file, file.length + 1), "one byte more");
        ByteString twice = ByteString.copyFrom(file).concat(ByteString.copyFrom(file));
        assertRefused(twice.toByteArray(), "twice");
        assertRefused(new byte[BackupReader.maxLength() + 1], "too large");
    }

    @Test
    void nonsense_is_refused_and_never_breaks_the_reader() {
        long seed = random.nextLong();
        Random nonsense = new Random(seed);
        for (int i = 0; i < 5_000; i++) {
            byte[] noise = new byte[nonsense.nextInt(400)];
            nonsense.nextBytes(noise);
            assertRefused(
                    BackupFormat.MAGIC.concat(ByteString.copyFrom(noise)).toByteArray(),
                    "noise of seed " + seed);
        }
    }

    @Test
    void parts_of_two_backups_make_none() throws Exception {
        BackupBundle first = parsed(backup(NODE_A));
        BackupBundle second = parsed(backup(NODE_A));

        assertRefused(file(first.toBuilder().setSealed(second.getSealed())), "other payload");
        assertRefused(file(first.toBuilder().setHeader(second.getHeader())), "other header");
        assertRefused(file(first.toBuilder().setSignature(second.getSignature())), "signature");
        assertRefused(
                file(
                        first.toBuilder()
                                .addCertificateChain(
                                        ByteString.copyFrom(
                                                pki.certificate(
                                                                Instant.now().minusSeconds(60),
                                                                Instant.now().plusSeconds(60))
                                                        .getEncoded()))),
                "one certificate more");
    }

    @Test
    void a_node_that_signs_anew_cannot_give_a_payload_another_header() throws Exception {
        BackupBundle first = parsed(backup(NODE_A));
        BackupHeader other =
                BackupHeader.parseFrom(first.getHeader()).toBuilder().setSeq(99).build();
        var signature =
                signer(NODE_A, "node-a")
                        .sign(BackupFormat.signed(other.toByteString(), first.getSealed()));
        byte[] forged =
                file(
                        first.toBuilder()
                                .setHeader(other.toByteString())
                                .setSignature(signature.getSignature())
                                .clearCertificateChain()
                                .addAllCertificateChain(signature.getCertificateChainList()));

        Backup backup = reader.read(forged);

        assertThat(catchThrowableOfType(BackupRefused.class, () -> backup.open(key)).why())
                .isInstanceOf(BackupRefusal.PayloadDiffers.class);
    }

    @Test
    void only_the_agent_that_the_header_names_is_its_maker() throws Exception {
        for (String other :
                List.of(
                        DOMAIN + "node/node-b/igvm-agent",
                        DOMAIN + "svc/vm-service",
                        DOMAIN + "user/admin",
                        "spiffe://elsewhere.test/node/node-a/igvm-agent")) {
            assertThat(refusal(backup(other)))
                    .as(other)
                    .isInstanceOf(BackupRefusal.ForeignSigner.class);
        }
    }

    @Test
    void a_backup_of_another_cluster_is_refused() throws Exception {
        byte[] file = backup(NODE_A);
        BackupReader elsewhere = readerOf(new TestPki("cluster"), "elsewhere");

        assertThat(catchThrowableOfType(BackupRefused.class, () -> elsewhere.read(file)).why())
                .isInstanceOf(BackupRefusal.ForeignSigner.class);
    }

    @Test
    void a_certificate_may_have_ended_since_but_not_before() throws Exception {
        Instant end = Instant.now().minus(Duration.ofHours(1));
        Path expired =
                pki.issue(
                        directory.resolve("expired"),
                        end.minus(Duration.ofHours(1)),
                        Instant.now().plusSeconds(600),
                        NODE_A);
        var writer =
                new BackupWriter(
                        new CertificateSigner(PkiDirectory.open(expired).keyManager()), random);

        Backup before = reader.read(written(writer, at(end)));
        BackupRefusal tooEarly = refusal(written(writer, at(end.minus(Duration.ofHours(2)))));

        before.open(key).close();
        assertThat(tooEarly).isInstanceOf(BackupRefusal.ForeignSigner.class);
    }

    @Test
    void a_recipients_key_survives_its_pem() {
        RecipientKey recipient = RecipientKey.of(key.publicKey());

        assertThat(RecipientKey.parsePem(recipient.pem())).isEqualTo(recipient);
        assertThat(
                        catchThrowableOfType(
                                IllegalArgumentException.class,
                                () ->
                                        RecipientKey.parsePem(
                                                recipient.pem().replace("MCow", "MCox"))))
                .hasMessageContaining("X25519");
    }

    private void assertRefused(byte[] file, String how) {
        assertThat(catchThrowableOfType(BackupRefused.class, () -> reader.read(file)))
                .as(how)
                .isNotNull();
    }

    private BackupRefusal refusal(byte[] file) {
        return catchThrowableOfType(BackupRefused.class, () -> reader.read(file)).why();
    }

    private static byte[] file(BackupBundle.Builder bundle) {
        return BackupFormat.MAGIC.concat(bundle.build().toByteString()).toByteArray();
    }

    private static BackupBundle parsed(byte[] file) throws Exception {
        return BackupBundle.parseFrom(
                ByteString.copyFrom(file).substring(BackupFormat.MAGIC.size()));
    }

    private BackupReader readerOf(TestPki authority, String name) {
        Path files = authority.issue(directory.resolve(name), DOMAIN + "user/" + name);
        return new BackupReader(
                List.of(PkiDirectory.open(files).trustManager().getAcceptedIssuers()));
    }

    private CertificateSigner signer(String identity, String name) {
        return new CertificateSigner(
                PkiDirectory.open(pki.issue(directory.resolve(name), identity)).keyManager());
    }

    private BackupWriter writer(String identity, String name) {
        return new BackupWriter(signer(identity, name), random);
    }

    private byte[] backup(String identity) throws BackupRefused {
        return backup(identity, facts(), recipients(key));
    }

    private byte[] backup(String identity, BackupHeader facts, List<RecipientKey> recipients)
            throws BackupRefused {
        try (BackupPayload payload = payload()) {
            return writer(identity, "maker").write(facts, payload, recipients);
        }
    }

    private byte[] written(BackupWriter writer, BackupHeader facts) throws BackupRefused {
        try (BackupPayload payload = payload()) {
            return writer.write(facts, payload, recipients(key));
        }
    }

    private BackupPayload payload() {
        return new BackupPayload(
                Optional.of(new BackupPayload.TpmState(KeyBytes.random(random), TPM.clone())),
                VARIABLES.clone());
    }

    private static List<RecipientKey> recipients(KeysetFile... keys) {
        return Arrays.stream(keys).map(key -> RecipientKey.of(key.publicKey())).toList();
    }

    private static BackupHeader at(Instant time) {
        return facts().toBuilder()
                .setCreateTime(Timestamp.newBuilder().setSeconds(time.getEpochSecond()))
                .build();
    }

    private static BackupHeader facts() {
        return BackupHeader.newBuilder()
                .setBackupId("7b0f6a6e-3d5f-4c1a-9f3b-5a7c1f0c0001")
                .setVmUid("0d6f6a6e-3d5f-4c1a-9f3b-5a7c1f0c0001")
                .setVmName("projects/p/virtualMachines/web01")
                .setTrustDomain("tlvm.test")
                .setNode("node-a")
                .setEpoch(2)
                .setRowVersion(5)
                .setStateRef("g1-0a1b2c3d")
                .setAtRest(true)
                .setSeq(3)
                .setRanEpoch(2)
                .setEkFingerprint("sha256:" + "1".repeat(64))
                .setStateDigest("sha256:" + "2".repeat(64))
                .setSpec(MachineSpec.newBuilder().setDisplayName("web01"))
                .setFirmwareId("firmware")
                .setSwtpmVersion("0.7.1")
                .setCreateTime(Timestamp.newBuilder().setSeconds(Instant.now().getEpochSecond()))
                .build();
    }
}
