package io.tlvm.acceptance.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;

import io.tlvm.acceptance.cluster.LocalStack;
import io.tlvm.acceptance.cluster.Project;
import io.tlvm.acceptance.cluster.Tlvm;
import io.tlvm.acceptance.guest.ControlPort;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What a machine got from its create, told by its guest. */
@Tag("acceptance")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CreatedMachineTest {
    private static final Duration CONVERSION_MAX = Duration.ofMinutes(2);

    private final Project project = Project.find();
    private final LocalStack stack = new LocalStack(project, Map.of());
    private final Tlvm tlvm = new Tlvm(project, Map.of(), line -> System.out.println(line));

    @BeforeAll
    void start() {
        stack.up();
    }

    @AfterAll
    void stop() {
        stack.downWithGuests();
    }

    /** TPM 2.0 and EK: TCG EK Credential Profile; the key in NV and the key itself are one. */
    @Test
    void the_ek_of_vm_show_is_the_guests_own_and_leads_to_the_clusters_authority()
            throws IOException, GeneralSecurityException {
        TrustedMachine machine = TrustedMachine.create(project, stack, tlvm);
        JsonNode shown = machine.show().path("guestState");
        X509Certificate certificate;
        try (ControlPort guest = machine.guest()) {
            String said = guest.ask("ek");
            certificate = certificate(new ByteArrayInputStream(value(said, "cert")));
            assertThat(certificate.getPublicKey().getEncoded())
                    .as("the certificate in NV is about the TPM's own endorsement key")
                    .isEqualTo(value(said, "public"));
            assertThat(shown.path("ekFingerprint").asText())
                    .isEqualTo("sha256:" + said.lines().findFirst().orElseThrow().substring(7));
        }
        assertThat(
                        certificate(
                                new ByteArrayInputStream(
                                        shown.path("ekCertificatePem")
                                                .asText()
                                                .getBytes(StandardCharsets.US_ASCII))))
                .isEqualTo(certificate);
        X509Certificate issuer = certificate(Path.of("pki/node/node-a/ek-ca/issuercert.pem"));
        X509Certificate authority = certificate(Path.of("pki/ca/ca.crt"));
        certificate.verify(issuer.getPublicKey());
        issuer.verify(authority.getPublicKey());
        assertThat(certificate.getExtendedKeyUsage()).containsExactly("2.23.133.8.1");
        assertThat(certificate.getSubjectX500Principal().getName()).contains(machine.uid());
        assertThat(shown.path("ekVerified").asBoolean()).isTrue();
        machine.delete();
    }

    @Test
    void a_vbs_machine_runs_a_guest_of_its_own_before_and_after_a_live_migration() {
        for (JsonNode node : tlvm.json("node", "list")) {
            assertThat(node.path("capabilities").path("vbs").asBoolean())
                    .as(node.path("capabilities").path("vbsReason").asText())
                    .isTrue();
        }
        TrustedMachine machine = TrustedMachine.create(project, stack, tlvm, "--enable-vbs");
        assertThat(machine.show().path("effectiveSecurityProfile").path("vbsCapable").asBoolean())
                .isTrue();
        runsANestedGuest(machine);
        tlvm.ok("vm", "migrate", machine.name(), "--target", "node-b");
        runsANestedGuest(machine);
        machine.assertKeptItsTpm();
        machine.delete();
    }

    private static void runsANestedGuest(TrustedMachine machine) {
        try (ControlPort guest = machine.guest()) {
            assertThat(guest.ask("vbs")).contains("KVM_CREATE_VM ok", "nested hlt ok");
            assertThat(guest.ask("dmesg-errors").strip()).isEqualTo("0");
        }
    }

    /** What an administrator does with Windows media, which cannot be redistributed. */
    @Test
    void a_vhdx_brought_for_a_catalog_row_boots_under_secure_boot()
            throws IOException, InterruptedException {
        Path vhdx = project.home().resolve("test/media.vhdx");
        convert(project.guestImage(), vhdx);
        String urn = rowWithoutContent();
        JsonNode row = tlvm.json("image", "marketplace", "add-content", urn, vhdx.toString());
        assertThat(row.path("format").asText()).isEqualTo("vhdx");

        TrustedMachine machine = TrustedMachine.fromVersion(project, stack, tlvm, urn);

        assertThat(machine.show().path("storageProfile").path("imageUrn").asText()).isEqualTo(urn);
        assertThat(
                        machine.show()
                                .path("effectiveSecurityProfile")
                                .path("secureBootEnabled")
                                .asBoolean())
                .isTrue();
        machine.assertKeptItsTpm();
        machine.delete();
    }

    private static void convert(Path raw, Path vhdx) throws IOException, InterruptedException {
        Files.createDirectories(vhdx.getParent());
        Process process =
                new ProcessBuilder(
                                "qemu-img",
                                "convert",
                                "-f",
                                "raw",
                                "-O",
                                "vhdx",
                                "-o",
                                "subformat=dynamic",
                                raw.toString(),
                                vhdx.toString())
                        .inheritIO()
                        .start();
        assertThat(process.waitFor(CONVERSION_MAX.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
    }

    private String rowWithoutContent() {
        for (JsonNode row :
                tlvm.json(
                        "image", "marketplace", "list", "--publisher", "microsoftwindowsdesktop")) {
            if (!row.path("contentAvailable").asBoolean()) {
                return row.path("urn").asText();
            }
        }
        throw new IllegalStateException("every row has content already; use a fresh TLVM_HOME");
    }

    private static byte[] value(String answer, String key) {
        return answer.lines()
                .filter(line -> line.startsWith(key + "="))
                .map(line -> Base64.getDecoder().decode(line.substring(key.length() + 1)))
                .findFirst()
                .orElseThrow();
    }

    private X509Certificate certificate(Path below) throws IOException, GeneralSecurityException {
        try (InputStream in = Files.newInputStream(project.home().resolve(below))) {
            return certificate(in);
        }
    }

    private static X509Certificate certificate(InputStream in) throws GeneralSecurityException {
        return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
}
