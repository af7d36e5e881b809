package io.tlvm.agent.api;

import io.tlvm.agent.cluster.CapabilityReport;
import io.tlvm.agent.cluster.PlanCheck;
import io.tlvm.agent.machine.DiskPreparation;
import io.tlvm.agent.machine.Machines;
import io.tlvm.agent.migration.HandOverWitness;

/**
 * What the endpoints call. They get it by a provider: the container makes endpoints on an event
 * loop, and making these starts trial machines.
 */
public record AgentRooms(
        Machines machines,
        PlanCheck plans,
        DiskPreparation disks,
        CapabilityReport capabilities,
        HandOverWitness witness) {}
