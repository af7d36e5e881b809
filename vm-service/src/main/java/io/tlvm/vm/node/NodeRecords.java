package io.tlvm.vm.node;

import io.tlvm.ownership.id.NodeName;
import io.tlvm.vm.placement.Candidate;

import java.util.List;
import java.util.Optional;

/**
 * Where nodes and storage paths live. Every method is one transaction; times are the database's.
 */
public interface NodeRecords {

    /** Inserts or replaces what is known of the node, and sets it UP. */
    void join(
            NodeName node,
            String bootId,
            String address,
            Capabilities capabilities,
            List<String> storagePaths);

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
