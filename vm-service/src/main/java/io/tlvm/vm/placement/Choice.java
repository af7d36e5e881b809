package io.tlvm.vm.placement;

import io.tlvm.ownership.id.NodeName;

/** Where a VM goes. {@code storagePath} is a resource name. */
public record Choice(NodeName node, String storagePath) {}
