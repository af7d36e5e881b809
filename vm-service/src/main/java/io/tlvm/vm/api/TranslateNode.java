package io.tlvm.vm.api;

import com.google.protobuf.ByteString;

import io.tlvm.node.v1.CleanedMachine;
import io.tlvm.node.v1.DirectoryKey;
import io.tlvm.node.v1.MachineState;
import io.tlvm.node.v1.NodeCapabilities;
import io.tlvm.node.v1.NodeStanding;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.node.NodeState;
import io.tlvm.vm.agents.HostPaths;
import io.tlvm.vm.keys.KeyWrap;
import io.tlvm.vm.node.Capabilities;
import io.tlvm.vm.node.Cluster;
import io.tlvm.vm.node.MachineReport;

import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** What nodes say. */
final class TranslateNode {
    private TranslateNode() {}

    static Capabilities capabilities(NodeCapabilities told) {
        return new Capabilities(
                told.getAgentVersion(),
                told.getQemuVersion(),
                told.getSwtpmVersion(),
                told.getFirmwareDigest(),
                told.getAccelerator(),
                told.getAcceleratorReason(),
                told.getTrustedLaunch(),
                told.getTrustedLaunchReason(),
                told.getVbs(),
                told.getVbsReason(),
                told.getVcpuCount(),
                told.getMemoryMib(),
                told.getCpuModel(),
                told.getSeparateUids(),
                Base64.getEncoder().encodeToString(told.getNodePublicKey().toByteArray()),
                told.hasCertificateExpireTime()
                        ? Optional.of(
                                Instant.ofEpochSecond(
                                        told.getCertificateExpireTime().getSeconds(),
                                        told.getCertificateExpireTime().getNanos()))
                        : Optional.empty());
    }

    static NodeStanding standing(NodeState state) {
        return switch (state) {
            case NodeState.Up _ -> NodeStanding.NODE_STANDING_UP;
            case NodeState.Fencing _ -> NodeStanding.NODE_STANDING_FENCING;
            case NodeState.Fenced _ -> NodeStanding.NODE_STANDING_FENCED;
        };
    }

    static Map<VmUid, RowVersion> cleaned(List<CleanedMachine> told) {
        return told.stream()
                .collect(
                        Collectors.toMap(
                                one -> new VmUid(one.getVmUid()),
                                one -> new RowVersion(one.getRowVersion()),
                                (first, again) -> again));
    }

    static NodeCapabilities proto(Capabilities can) {
        var shown =
                NodeCapabilities.newBuilder()
                        .setAgentVersion(can.agentVersion())
                        .setQemuVersion(can.qemuVersion())
                        .setSwtpmVersion(can.swtpmVersion())
                        .setFirmwareDigest(can.firmwareDigest())
                        .setAccelerator(can.accelerator())
                        .setAcceleratorReason(can.acceleratorReason())
                        .setTrustedLaunch(can.trustedLaunch())
                        .setTrustedLaunchReason(can.trustedLaunchReason())
                        .setVbs(can.vbs())
                        .setVbsReason(can.vbsReason())
                        .setVcpuCount(can.vcpus())
                        .setMemoryMib(can.memoryMib())
                        .setCpuModel(can.cpuModel())
                        .setSeparateUids(can.separateUids())
                        .setNodePublicKey(
                                ByteString.copyFrom(Base64.getDecoder().decode(can.publicKey())));
        can.certificateEnd().map(Translate::proto).ifPresent(shown::setCertificateExpireTime);
        return shown.build();
    }

    static MachineReport report(io.tlvm.node.v1.MachineReport told) {
        return new MachineReport(
                new VmUid(told.getVmUid()),
                new Epoch(Math.max(0, told.getClaimedEpoch())),
                told.getExited(),
                told.getReason(),
                told.getState() == MachineState.MACHINE_STATE_RUNNING,
                told.getVtpmHealthy(),
                told.getBootVerdict(),
                told.getPermissionDrifts(),
                told.getPermissionTrouble(),
                told.hasDebug() ? Optional.of(HostPaths.of(told.getDebug())) : Optional.empty());
    }

    static Cluster.DirectoryKey directoryKey(DirectoryKey told) {
        return new Cluster.DirectoryKey(
                new VmUid(told.getVmUid()),
                new StateRef(told.getStateRef()),
                told.getWrapsList().stream()
                        .map(wrap -> new KeyWrap(wrap.getRecipient(), wrap.getSealed()))
                        .toList());
    }
}
