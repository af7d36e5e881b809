package io.tlvm.vm.node;

import java.time.Instant;
import java.util.Optional;

/** What a host can do, as its agent found by trying. A reason is empty when the thing is there. */
public record Capabilities(
        String agentVersion,
        String qemuVersion,
        String swtpmVersion,
        String firmwareDigest,
        String accelerator,
        String acceleratorReason,
        boolean trustedLaunch,
        String trustedLaunchReason,
        boolean vbs,
        String vbsReason,
        int vcpus,
        long memoryMib,
        String cpuModel,
        boolean separateUids,
        String publicKey,
        Optional<Instant> certificateEnd) {}
