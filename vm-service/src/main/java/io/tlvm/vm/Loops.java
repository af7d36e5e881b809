package io.tlvm.vm;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.tlvm.vm.audit.AuditWriter;
import io.tlvm.vm.failover.Failover;
import io.tlvm.vm.keys.RecoveryKeys;
import io.tlvm.vm.machine.Purges;
import io.tlvm.vm.node.NodeRecords;
import io.tlvm.vm.node.SilenceWatch;
import io.tlvm.vm.ownership.OwnershipDriver;
import io.tlvm.vm.ownership.OwnershipRows;
import io.tlvm.vm.ownership.Settler;

import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

import java.time.Duration;

/** Starts and stops what runs without being asked. */
@Singleton
class Loops {
    private static final Duration SILENCE_PERIOD = Duration.ofSeconds(1);
    private static final Duration PURGE_PERIOD = Duration.ofSeconds(10);

    private final RecoveryKeys keys;
    private final Settler settler;
    private final Failover failover;
    private final SilenceWatch silence;
    private final Purges purges;
    private final AuditWriter audit;

    Loops(
            RecoveryKeys keys,
            Settler settler,
            Failover failover,
            NodeRecords nodes,
            OwnershipRows rows,
            OwnershipDriver driver,
            AuditWriter audit) {
        this.keys = keys;
        this.settler = settler;
        this.failover = failover;
        this.silence = new SilenceWatch(nodes, SILENCE_PERIOD);
        this.audit = audit;
        this.purges = new Purges(rows, driver, PURGE_PERIOD);
    }

    void start(@Observes StartupEvent event) {
        keys.open();
        settler.start();
        failover.start();
        silence.start();
        purges.start();
        audit.start();
    }

    void stop(@Observes ShutdownEvent event) {
        purges.close();
        silence.close();
        failover.close();
        settler.close();
        // Last, so that what the others did is covered.
        audit.close();
    }
}
