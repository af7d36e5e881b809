package io.tlvm.agent.cluster;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;

import io.tlvm.agent.firmware.FirmwareKind;
import io.tlvm.agent.keys.NodeKeyset;
import io.tlvm.agent.probe.Acceleration;
import io.tlvm.agent.probe.FirmwareSupport;
import io.tlvm.agent.probe.HostCapabilities;
import io.tlvm.agent.probe.VbsSupport;
import io.tlvm.foundation.tls.PkiDirectory;
import io.tlvm.node.v1.NodeCapabilities;

import java.time.Instant;
import java.util.Locale;

/**
 * What the probe found, as the cluster wants to know it.
 *
 * @param agentVersion of this program
 * @param vcpuCount that the node offers
 * @param memoryMib that the node offers
 */
public record CapabilityReport(
        HostCapabilities host,
        NodeKeyset keyset,
        PkiDirectory pki,
        String agentVersion,
        int vcpuCount,
        long memoryMib) {

    /** Made anew for each Join, because the certificate changes. */
    public NodeCapabilities now() {
        Instant ends = pki.identity().notAfter();
        NodeCapabilities.Builder report =
                NodeCapabilities.newBuilder()
                        .setAgentVersion(agentVersion)
                        .setQemuVersion(host.qemuVersion())
                        .setSwtpmVersion(host.swtpmVersion())
                        .setAccelerator(
                                host.acceleration().accelerator().name().toLowerCase(Locale.ROOT))
                        .setVcpuCount(vcpuCount)
                        .setMemoryMib(memoryMib)
                        .setCpuModel(host.cpuModel())
                        .setSeparateUids(host.userPerVm())
                        .setNodePublicKey(ByteString.copyFrom(keyset.publicKey()))
                        .setCertificateExpireTime(
                                Timestamp.newBuilder()
                                        .setSeconds(ends.getEpochSecond())
                                        .setNanos(ends.getNano()));
        switch (host.acceleration()) {
            case Acceleration.Kvm() -> {}
            case Acceleration.Emulation(String why) -> report.setAcceleratorReason(why);
        }
        switch (host.firmware().get(FirmwareKind.SECURE_BOOT)) {
            case FirmwareSupport.Installed(var image) ->
                    report.setTrustedLaunch(true).setFirmwareDigest(image.codeDigest().value());
            case FirmwareSupport.Missing(String why) -> report.setTrustedLaunchReason(why);
            case null ->
                    report.setTrustedLaunchReason(
                            "the probe did not look for Secure Boot firmware");
        }
        switch (host.vbs()) {
            case VbsSupport.Possible _ -> report.setVbs(true);
            case VbsSupport.Impossible(String why) -> report.setVbsReason(why);
        }
        return report.build();
    }
}
