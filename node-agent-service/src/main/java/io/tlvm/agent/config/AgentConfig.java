package io.tlvm.agent.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Settings of a node's agent. */
@ConfigMapping(prefix = "tlvm.node")
public interface AgentConfig {
    /** Name of this node; the certificate names it too. */
    String name();

    /** Where vm-service and other agents reach this agent, host:port. */
    String address();

    /** Journals, the node's keyset and cached images; on a disk of the node itself. */
    Path stateDirectory();

    /** Sockets of the machines; on tmpfs, and short: unix socket addresses end at 107 bytes. */
    Path runDirectory();

    /** The control plane. */
    @WithName("vm-service")
    Peer vmService();

    /** Where images come from. */
    Peer catalog();

    /** The compiled guardian, see src/main/c. */
    Path guardian();

    /**
     * The node's issuer of EK certificates; by default {@code ek-ca} in the directory of its
     * identity.
     */
    Optional<Path> ekCaDirectory();

    /** Memory that the node offers, MiB; by default all of it. */
    OptionalLong memoryMib();

    /** Virtual CPUs that the node offers; by default one for each processor. */
    OptionalInt vcpuCount();

    /** CPU model of the cluster where KVM works; under emulation it is Nehalem. */
    @WithDefault("Nehalem")
    String kvmCpuModel();

    /**
     * User id under which the start-up checks run QEMU; of no account and no machine. Only with
     * root.
     */
    @WithDefault("64999")
    int probeUid();

    /** Reports tell paths and process ids of the host: for debugging and for outside observers. */
    @WithDefault("false")
    boolean reportDebugPaths();

    /**
     * An empty storage directory gets its marker by itself. Dangerous where storage is mounted: see
     * StoragePaths.
     */
    @WithDefault("false")
    boolean claimEmptyStoragePaths();

    /** A service. */
    interface Peer {
        /** host:port. */
        String address();
    }
}
