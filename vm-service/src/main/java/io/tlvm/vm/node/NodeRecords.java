package io.tlvm.vm.node;

import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.node.NodeDecision;
import io.tlvm.ownership.node.NodeEvent;
import io.tlvm.vm.placement.Candidate;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where nodes and storage paths live. Every method is one transaction; times are the database's.
 * What changes the standing of a node is noted for the audit in the same transaction.
 */
public interface NodeRecords {

    /**
     * Inserts or replaces what is known of the node, and sets it UP if that may be.
     *
     * @param cleaned by which versions of rows a node that was fenced cleaned up
     * @param actor whose word it is, for the audit
     */
    Joined join(
            NodeName node,
            String bootId,
            String address,
            Capabilities capabilities,
            List<String> storagePaths,
            Map<VmUid, RowVersion> cleaned,
            String actor);

    /** What came of a join. */
    sealed interface Joined {
        /** The node is UP. */
        record In() implements Joined {}

        /** It is being given up, and stays out until that is decided. */
        record Fencing() implements Joined {}

        /** It was fenced, and the row of this VM is not the one by which it cleaned up. */
        record NotClean(VmUid vm) implements Joined {}
    }

    /**
     * Decides about giving the node up, with all node rows locked; empty when there is no such
     * node.
     *
     * @param actor whose word it is, for the audit
     */
    Optional<NodeDecision> decide(NodeName node, NodeEvent event, String actor);

    /** Notes that the node lives; false when it is not UP under this boot id. */
    boolean renew(NodeName node, String bootId, List<String> storagePaths);

    /** The node with its use. */
    Optional<Candidate> find(NodeName node);

    /** A page of nodes by name, at most {@code limit} that follow {@code after}. */
    List<Candidate> list(String after, int limit);

    /**
     * Notes nodes that fell silent or speak again, so that watchers of their VMs learn it. Returns
     * how many.
     */
    int noteSilence();

    /** Inserts the path; false when the name is taken. */
    boolean createPath(StoragePath path);

    /** The path. */
    Optional<StoragePath> findPath(String name);

    /** A page of paths by name. */
    List<StoragePath> listPaths(String after, int limit);
}
