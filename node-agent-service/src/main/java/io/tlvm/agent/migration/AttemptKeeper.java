package io.tlvm.agent.migration;

import io.tlvm.agent.hypervisor.qemu.QemuProcess;
import io.tlvm.agent.keys.MigrationKey;
import io.tlvm.ownership.id.Digest;

import java.util.Optional;

/**
 * What the machine's driver does for an attempt, in the machine's own queue: nobody else writes its
 * journal or starts its processes. Each call waits for its turn.
 */
public interface AttemptKeeper {

    /** Source: appends and syncs RELEASED, unless the attempt was aborted first. */
    boolean release(VerifiedPlan plan, Digest digest) throws InterruptedException;

    /** Source: appends and syncs that this attempt is over; the guest stays here. */
    void over(VerifiedPlan plan, String why) throws InterruptedException;

    /**
     * Target: starts swtpm and QEMU of the attempt, which then listens.
     *
     * @param key of the vTPM; empty for a machine without one
     * @throws AttemptFailed when the attempt was discarded, or they did not come up
     */
    QemuProcess start(Incoming attempt, Optional<MigrationKey> key)
            throws AttemptFailed, InterruptedException;

    /**
     * Target: checks, syncs and seals what was received, then appends and syncs LOADED.
     *
     * @throws AttemptFailed when the attempt was discarded, or what arrived is not whole
     */
    Digest load(Incoming attempt) throws AttemptFailed, InterruptedException;
}
