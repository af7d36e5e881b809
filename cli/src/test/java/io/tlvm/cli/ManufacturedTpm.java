package io.tlvm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tlvm.foundation.backup.BackupPayload.TpmState;
import io.tlvm.foundation.secret.KeyBytes;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.concurrent.TimeUnit;

/**
 * A real vTPM, made by swtpm_setup with a certificate of its endorsement key.
 *
 * @param key that its state is encrypted with
 * @param permall the content of its file
 * @param certificate of the endorsement key, DER
 */
record ManufacturedTpm(KeyBytes key, byte[] permall, byte[] certificate) {

    static ManufacturedTpm in(Path directory) throws IOException, InterruptedException {
        Path state = Files.createDirectories(directory.resolve("state"));
        Path certificates = Files.createDirectories(directory.resolve("certificates"));
        Path authority = authority(Files.createDirectories(directory.resolve("ek-ca")));
        KeyBytes key = KeyBytes.random(new SecureRandom());
        Path log = directory.resolve("log");
        Process setup =
                new ProcessBuilder(
                                "/bin/sh",
                                "-c",
                                "exec 3<&0 </dev/null; exec \"$@\"",
                                "setup",
                                "swtpm_setup",
                                "--tpm2",
                                "--tpmstate",
                                state.toString(),
                                "--createek",
                                "--create-ek-cert",
                                "--config",
                                authority.toString(),
                                "--cipher",
                                "aes-256-cbc",
                                "--keyfile-fd",
                                "3",
                                "--write-ek-cert-files",
                                certificates.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        try (var in = setup.getOutputStream()) {
            key.writeHexLine(in);
        }
        assertThat(setup.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(setup.exitValue())
                .as(Files.readString(log, StandardCharsets.ISO_8859_1))
                .isZero();
        return new ManufacturedTpm(
                key,
                Files.readAllBytes(state.resolve("tpm2-00.permall")),
                Files.readAllBytes(certificates.resolve("ek-rsa2048.crt")));
    }

    private static Path authority(Path directory) throws IOException {
        Path local = directory.resolve("swtpm-localca.conf");
        Path options = directory.resolve("swtpm-localca.options");
        Files.writeString(
                local,
                """
                statedir = %1$s
                signingkey = %1$s/signkey.pem
                issuercert = %1$s/issuercert.pem
                certserial = %1$s/certserial
                """
                        .formatted(directory));
        Files.writeString(
                options,
                """
                --platform-manufacturer tlvm
                --platform-version 1
                --platform-model q35
                """);
        return Files.writeString(
                directory.resolve("swtpm_setup.conf"),
                """
                create_certs_tool = /usr/bin/swtpm_localca
                create_certs_tool_config = %s
                create_certs_tool_options = %s
                active_pcr_banks = sha256
                """
                        .formatted(local, options));
    }

    /** For a payload, which is closed with its key. */
    TpmState state() {
        return new TpmState(key.open(bytes -> KeyBytes.take(bytes.clone())), permall.clone());
    }
}
