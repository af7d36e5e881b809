package io.tlvm.agent.tpm;

import com.google.protobuf.ByteString;

import io.tlvm.agent.file.ContentDigest;
import io.tlvm.ownership.id.Digest;

/**
 * Who a vTPM is: the certificate of its RSA endorsement key, which the TPM itself keeps in NV index
 * 0x01c00002 (TCG EK Credential Profile).
 *
 * @param certificate X.509, DER
 * @param issuers X.509, DER, one behind the other: who vouches for it, so that a reader reaches the
 *     cluster's authority
 */
public record EndorsementKey(ByteString certificate, ByteString issuers) {
    /** Refuses an empty certificate. */
    public EndorsementKey {
        if (certificate.isEmpty()) {
            throw new IllegalArgumentException("an endorsement key has a certificate");
        }
    }

    /** The certificate, then its issuers. */
    public ByteString chain() {
        return certificate.concat(issuers);
    }

    /** SHA-256 of the certificate: what row and manifest know the TPM by. */
    public Digest fingerprint() {
        return ContentDigest.of(certificate.toByteArray());
    }
}
