package io.tlvm.vm.placement;

import io.tlvm.ownership.id.NodeName;
import io.tlvm.vm.machine.Hardware;
import io.tlvm.vm.machine.Machine;
import io.tlvm.vm.machine.Security;
import io.tlvm.vm.node.StoragePath;

import java.util.Optional;

/** What a VM needs of a node. {@code storagePath} and {@code node} narrow the choice. */
public record Demand(
        String vm,
        Hardware hardware,
        Security.Effective security,
        Optional<String> storagePath,
        Optional<NodeName> node) {

    /**
     * What a VM that exists needs: its state is where it is, so only nodes that reach that path can
     * take it.
     */
    public static Demand of(Machine machine, Optional<NodeName> node) {
        return new Demand(
                machine.name().toString(),
                machine.hardware(),
                machine.security().effective(),
                machine.storagePath().map(StoragePath::name),
                node);
    }
}
