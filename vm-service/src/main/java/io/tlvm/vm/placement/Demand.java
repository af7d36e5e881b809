package io.tlvm.vm.placement;

import io.tlvm.ownership.id.NodeName;
import io.tlvm.vm.machine.Hardware;
import io.tlvm.vm.machine.Security;

import java.util.Optional;

/** What a VM needs of a node. {@code storagePath} and {@code node} narrow the choice. */
public record Demand(
        String vm,
        Hardware hardware,
        Security.Effective security,
        Optional<String> storagePath,
        Optional<NodeName> node) {}
