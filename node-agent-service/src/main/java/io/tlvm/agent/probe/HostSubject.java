package io.tlvm.agent.probe;

import io.tlvm.agent.file.ContentDigest;
import io.tlvm.foundation.file.FileStatus;
import io.tlvm.ownership.id.Digest;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** Everything that decides how trial machines end, as one digest: the same one, the same end. */
final class HostSubject {
    private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");

    /** ldconfig writes it anew whenever a package brings a library. */
    private static final Path LIBRARIES = Path.of("/etc/ld.so.cache");

    private static final Path KVM = Path.of("/dev/kvm");

    private HostSubject() {}

    /**
     * Of this boot, these programs and firmwares, the libraries of the host and these settings.
     *
     * @param programs as they would be started
     */
    static Digest of(List<Path> programs, Set<Path> firmware, HostProbe.Settings settings)
            throws IOException {
        StringBuilder text = new StringBuilder(Files.readString(BOOT));
        for (Path program : programs) {
            line(text, program);
        }
        for (Path image : firmware) {
            line(text, image);
        }
        line(text, LIBRARIES);
        line(text, KVM);
        text.append(settings.runAs()).append('\n').append(settings.kvmCpuModel()).append('\n');
        for (Path parameter : HostProbe.NESTING) {
            text.append(parameter).append(' ').append(HostProbe.isOn(parameter)).append('\n');
        }
        return ContentDigest.of(text.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** The name, and what it stands for through any links. */
    private static void line(StringBuilder text, Path file) throws IOException {
        text.append(file).append(' ');
        text.append(Files.exists(file) ? FileStatus.of(file.toRealPath()) : "missing");
        text.append('\n');
    }
}
