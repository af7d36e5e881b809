package io.tlvm.ownership.row;

import io.tlvm.ownership.id.NodeName;

/** What the node rows say, read in the transaction of the compare-and-swap. */
public interface Nodes {

    /** True when the node's row is UP now, so that a VM may be given to it. */
    boolean isUp(NodeName node);

    /**
     * True when the node's row is FENCED now, so that a VM may be taken from it without its word.
     */
    boolean isFenced(NodeName node);
}
