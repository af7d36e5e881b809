package io.tlvm.vm.placement;

import io.tlvm.vm.node.ClusterNode;

/** A node with what its VMs use, those that are on their way to it included. */
public record Candidate(ClusterNode node, int vcpusUsed, long memoryMibUsed, int machines) {}
