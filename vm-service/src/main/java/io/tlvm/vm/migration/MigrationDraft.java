package io.tlvm.vm.migration;

import io.tlvm.ownership.id.Epoch;
import io.tlvm.type.v1.SignedStatement;
import io.tlvm.vm.migration.MigrationRecord.PhaseTime;
import io.tlvm.vm.migration.MigrationRecord.State;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A record's values that change in its life, while the next record is put together. */
final class MigrationDraft {
    private final MigrationRecord was;
    State state;
    final List<PhaseTime> phases;
    Measured.Progress progress;
    Optional<Duration> preSwitchover;
    Optional<Duration> downtime;
    Optional<Duration> adopt;
    Epoch epochAfter;
    String digest;
    boolean sourceDestroyed;
    boolean cancelAsked;
    String why;
    Optional<State> gaveUpIn;
    Optional<Instant> endTime;
    Optional<SignedStatement> targetSigned;
    String receipt;

    MigrationDraft(MigrationRecord was) {
        this.was = was;
        state = was.state();
        phases = new ArrayList<>(was.phases());
        progress = was.progress();
        preSwitchover = was.preSwitchover();
        downtime = was.downtime();
        adopt = was.adopt();
        epochAfter = was.epochAfter();
        digest = was.digest();
        sourceDestroyed = was.sourceDestroyed();
        cancelAsked = was.cancelAsked();
        why = was.why();
        gaveUpIn = was.gaveUpIn();
        endTime = was.endTime();
        targetSigned = was.targetSigned();
        receipt = was.receipt();
    }

    MigrationRecord written() {
        return new MigrationRecord(
                was.op(),
                was.source(),
                was.target(),
                state,
                phases,
                progress,
                preSwitchover,
                downtime,
                adopt,
                was.epochBefore(),
                epochAfter,
                digest,
                sourceDestroyed,
                cancelAsked,
                why,
                gaveUpIn,
                was.startTime(),
                endTime,
                targetSigned,
                receipt);
    }
}
