package io.tlvm.vm.node;

import io.tlvm.ownership.id.NodeName;

import java.time.Instant;
import java.util.List;

/**
 * A directory that several nodes share.
 *
 * @param name {@code storagePaths/{id}}
 * @param directory absolute, the same on every node
 * @param nodes those that reach it now
 */
public record StoragePath(String name, String directory, List<NodeName> nodes, Instant createTime) {
    public StoragePath {
        if (!directory.startsWith("/")) {
            throw new IllegalArgumentException("not an absolute directory: " + directory);
        }
        nodes = List.copyOf(nodes);
    }
}
