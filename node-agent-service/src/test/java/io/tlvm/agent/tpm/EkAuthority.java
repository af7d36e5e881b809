package io.tlvm.agent.tpm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A certificate authority for endorsement keys in a directory of a test; swtpm_localca makes its
 * keys at first use.
 */
public final class EkAuthority {
    private EkAuthority() {}

    public static Path in(Path directory) throws IOException {
        Path ca = Files.createDirectory(directory.resolve("ek-ca"));
        Path conf = ca.resolve("swtpm-localca.conf");
        Path options = ca.resolve("swtpm-localca.options");
        Files.writeString(
                ca.resolve("swtpm_setup.conf"),
                """
                create_certs_tool = /usr/bin/swtpm_localca
                create_certs_tool_config = %s
                create_certs_tool_options = %s
                active_pcr_banks = sha256
                """
                        .formatted(conf, options));
        Files.writeString(
                conf,
                """
                statedir = %1$s
                signingkey = %1$s/signkey.pem
                issuercert = %1$s/issuercert.pem
                certserial = %1$s/certserial
                """
                        .formatted(ca));
        Files.writeString(
                options,
                """
                --platform-manufacturer tlvm
                --platform-version 1
                --platform-model q35
                """);
        return ca;
    }
}
