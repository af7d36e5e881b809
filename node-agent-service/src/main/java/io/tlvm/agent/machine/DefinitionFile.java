package io.tlvm.agent.machine;

import io.tlvm.foundation.file.DurableFile;
import io.tlvm.foundation.file.FileOwner;
import io.tlvm.foundation.file.StableRead;
import io.tlvm.node.v1.MachineSpec;
import io.tlvm.ownership.id.VmUid;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The hardware that the last command brought, so that a restarted agent knows what it re-attaches
 * to.
 */
record DefinitionFile(Path file) {
    private static final int MAX = 64 * 1024;

    static DefinitionFile of(Path journals, VmUid vm) {
        return new DefinitionFile(journals.resolve(vm + ".definition"));
    }

    Optional<MachineSpec> read() throws IOException {
        return StableRead.read(file, MAX) instanceof StableRead.Outcome.Stable(byte[] content)
                ? Optional.of(MachineSpec.parseFrom(content))
                : Optional.empty();
    }

    void write(MachineSpec spec) throws IOException {
        DurableFile.replace(file, spec.toByteArray(), FileOwner.ofThisProcess());
    }
}
