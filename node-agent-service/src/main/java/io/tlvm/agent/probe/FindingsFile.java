package io.tlvm.agent.probe;

import com.google.protobuf.InvalidProtocolBufferException;

import io.tlvm.agent.firmware.FirmwareImage;
import io.tlvm.agent.firmware.FirmwareKind;
import io.tlvm.foundation.file.DurableFile;
import io.tlvm.foundation.file.FileOwner;
import io.tlvm.foundation.file.StableRead;
import io.tlvm.node.storage.v1.KnownFirmware;
import io.tlvm.ownership.id.Digest;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Remembers what trial machines showed, so that an agent that is restarted on the same host does
 * not start four programs again before it takes commands.
 */
public final class FindingsFile {
    private static final int FORMAT = 1;
    private static final int FILE_MAX = 64 * 1024;

    /** A trial can fail for a reason that passes, such as a lack of memory. */
    private static final Duration GOOD_FOR = Duration.ofDays(1);

    private final Path file;
    private final Clock clock;

    /**
     * @param file in a directory that only the agent writes
     */
    public FindingsFile(Path file, Clock clock) {
        this.file = file;
        this.clock = clock;
    }

    /** What was kept for exactly this subject within the last day. A damaged file is none. */
    Optional<HostFindings> recall(Digest subject) throws IOException {
        if (!(StableRead.read(file, FILE_MAX) instanceof StableRead.Outcome.Stable(byte[] bytes))) {
            return Optional.empty();
        }
        try {
            var kept = io.tlvm.node.storage.v1.HostFindings.parseFrom(bytes);
            Duration age =
                    Duration.between(
                            Instant.ofEpochSecond(kept.getTriedTimeSeconds()), clock.instant());
            boolean good =
                    kept.getFormat() == FORMAT
                            && kept.getFirmwareCount() == FirmwareKind.values().length
                            && kept.getSubject().equals(subject.value())
                            && kept.getMachineTypesCount() > 0
                            && !age.isNegative()
                            && age.compareTo(GOOD_FOR) < 0;
            return good ? Optional.of(findings(kept)) : Optional.empty();
        } catch (InvalidProtocolBufferException
                | IllegalArgumentException
                | IllegalStateException damaged) {
            return Optional.empty();
        }
    }

    void keep(Digest subject, HostFindings findings) throws IOException {
        var kept =
                io.tlvm.node.storage.v1.HostFindings.newBuilder()
                        .setFormat(FORMAT)
                        .setSubject(subject.value())
                        .setTriedTimeSeconds(clock.instant().getEpochSecond())
                        .setQemuVersion(findings.qemuVersion())
                        .addAllMachineTypes(findings.machineTypes())
                        .setSwtpmVersion(findings.swtpmVersion())
                        .addAllSwtpmFeatures(findings.swtpmFeatures())
                        .setCpuModel(findings.cpuModel());
        switch (findings.acceleration()) {
            case Acceleration.Kvm() -> {}
            case Acceleration.Emulation(String whyNotKvm) -> kept.setKvmFault(whyNotKvm);
        }
        switch (findings.vbs()) {
            case VbsSupport.Possible(String cpuModel) -> kept.setVbsCpuModel(cpuModel);
            case VbsSupport.Impossible(String why) -> kept.setVbsFault(why);
        }
        findings.firmware().forEach((kind, support) -> kept.addFirmware(known(kind, support)));
        DurableFile.replace(file, kept.build().toByteArray(), FileOwner.ofThisProcess());
    }

    private static KnownFirmware known(FirmwareKind kind, FirmwareSupport support) {
        var known = KnownFirmware.newBuilder().setKind(kind.name());
        return switch (support) {
            case FirmwareSupport.Missing(String why) -> known.setFault(why).build();
            case FirmwareSupport.Installed(FirmwareImage image) ->
                    known.setCode(image.code().toString())
                            .setCodeDigest(image.codeDigest().value())
                            .setVariableTemplate(image.variableTemplate().toString())
                            .setVariableSize(image.variableSize())
                            .build();
        };
    }

    private static FirmwareSupport support(KnownFirmware known) {
        return known.hasFault()
                ? new FirmwareSupport.Missing(known.getFault())
                : new FirmwareSupport.Installed(
                        new FirmwareImage(
                                FirmwareKind.valueOf(known.getKind()),
                                Path.of(known.getCode()),
                                new Digest(known.getCodeDigest()),
                                Path.of(known.getVariableTemplate()),
                                known.getVariableSize()));
    }

    private static HostFindings findings(io.tlvm.node.storage.v1.HostFindings kept) {
        return new HostFindings(
                kept.getQemuVersion(),
                kept.getMachineTypesList(),
                kept.getSwtpmVersion(),
                Set.copyOf(kept.getSwtpmFeaturesList()),
                kept.hasKvmFault()
                        ? new Acceleration.Emulation(kept.getKvmFault())
                        : new Acceleration.Kvm(),
                kept.getCpuModel(),
                kept.hasVbsCpuModel()
                        ? new VbsSupport.Possible(kept.getVbsCpuModel())
                        : new VbsSupport.Impossible(kept.getVbsFault()),
                kept.getFirmwareList().stream()
                        .collect(
                                Collectors.toMap(
                                        known -> FirmwareKind.valueOf(known.getKind()),
                                        FindingsFile::support)));
    }
}
