package io.tlvm.cli;

import io.tlvm.compute.v1.GetNodeRequest;
import io.tlvm.compute.v1.ListNodesRequest;
import io.tlvm.compute.v1.ListNodesResponse;
import io.tlvm.compute.v1.Node;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

import java.util.List;

/** {@code tlvm node}. */
@Command(name = "node", description = "Hosts.")
final class NodeCommand {

    private final Session session;

    NodeCommand(Session session) {
        this.session = session;
    }

    @Command(name = "list", aliases = "ls", description = "List nodes, and why none is given VMs.")
    int list() {
        session.printer().list(session.views().node(), all(session));
        return 0;
    }

    /** Every node of the cluster. */
    static List<Node> all(Session session) {
        return session.calls()
                .list(
                        token ->
                                session.services()
                                        .nodes()
                                        .listNodes(
                                                ListNodesRequest.newBuilder()
                                                        .setPageToken(token)
                                                        .build()),
                        ListNodesResponse::getNodesList,
                        ListNodesResponse::getNextPageToken,
                        Integer.MAX_VALUE);
    }

    @Command(name = "show", description = "Everything about a node.")
    int show(@Parameters(paramLabel = "NAME") String name) {
        var request = GetNodeRequest.newBuilder().setName(session.names().node(name)).build();
        session.printer()
                .details(
                        session.views().node(),
                        session.calls()
                                .repeatable(() -> session.services().nodes().getNode(request)));
        return 0;
    }
}
