package io.tlvm.vm.machine;

import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.VmUid;

import java.util.Map;
import java.util.Optional;

/** A VM that is asked for. */
public record NewMachine(
        VmUid uid,
        MachineName name,
        Map<String, String> labels,
        Hardware hardware,
        Security security,
        String image,
        Optional<String> storagePath,
        Optional<NodeName> node) {
    public NewMachine {
        labels = Map.copyOf(labels);
    }
}
