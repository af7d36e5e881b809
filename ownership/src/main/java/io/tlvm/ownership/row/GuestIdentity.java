package io.tlvm.ownership.row;

/**
 * What was true of the guest state since it was made, once.
 *
 * @param ekFingerprint {@code sha256:<hex>} of the EK certificate (DER); empty for a VM without
 *     vTPM
 * @param ekCertificate the EK certificate (DER, base64), so that its chain can be shown; empty for
 *     a VM without vTPM
 */
public record GuestIdentity(String ekFingerprint, String ekCertificate) {}
