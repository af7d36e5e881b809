package io.tlvm.vm;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Settings of vm-service. */
@ConfigMapping(prefix = "tlvm.vm")
public interface VmConfig {

    /**
     * How often rows that are owed something are looked for; a change of a row is followed at once
     * anyway.
     */
    @WithDefault("1s")
    Duration settlePeriod();

    /** User ids under which the processes of VMs run, the same on every node. */
    UserId userId();

    /** Where the private half of the cluster's recovery key is. */
    KeyVaultFile keyVault();

    /** When vm-service signs how far the audit chain is. */
    AuditCheckpoint auditCheckpoint();

    /** A checkpoint is due when either holds; one is signed at shutdown as well. */
    interface AuditCheckpoint {
        /** So many records are not covered, at least 1. */
        @WithDefault("1000")
        int records();

        /** The newest checkpoint is so old and something is not covered. */
        @WithDefault("10s")
        Duration period();
    }

    /** The key vault that needs nothing but a file. */
    interface KeyVaultFile {
        /**
         * Directory of the file recovery.keyset, which is made at the first start. Back it up: what
         * only lost nodes hold opens with it alone. Every replica of this service has the same
         * file.
         */
        Path directory();
    }

    /** Backups of guest state. */
    Backup backup();

    /** The escrow, and when a VM's guest state counts as backed up. */
    interface Backup {
        /**
         * Directory in which this service keeps backups that it makes by itself; without it, it
         * makes none. On another storage than the VMs, the same one for every replica.
         */
        Optional<Path> directory();

        /**
         * Files of public keys (PEM, {@code tlvm guest-state keygen}) that those backups are made
         * for; without them the cluster's recovery key.
         */
        Optional<List<Path>> recipients();

        /** Between two backups of a VM; one whose state went elsewhere gets one at once. */
        @WithDefault("24h")
        Duration interval();

        /** A VM whose last backup is older has the condition GuestStateBackedUp=False. */
        @WithDefault("26h")
        Duration ageMax();
    }

    /** A range of user ids that nothing else on the nodes uses. */
    interface UserId {
        /** First one, at least 1000. */
        @WithDefault("200000")
        int first();

        /** How many; each VM ever created takes one. */
        @WithDefault("1000000")
        int count();
    }
}
