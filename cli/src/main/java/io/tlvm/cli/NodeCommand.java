package io.tlvm.cli;

import io.tlvm.cli.input.ResourceNames;
import io.tlvm.cli.problem.Problem;
import io.tlvm.cli.problem.ProblemException;
import io.tlvm.compute.v1.ConfirmFencedRequest;
import io.tlvm.compute.v1.FenceNodeRequest;
import io.tlvm.compute.v1.GetNodeRequest;
import io.tlvm.compute.v1.ListNodesRequest;
import io.tlvm.compute.v1.ListNodesResponse;
import io.tlvm.compute.v1.Node;
import io.tlvm.compute.v1.OperatorsWord;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** {@code tlvm node}. */
@Command(name = "node", description = "Hosts.")
final class NodeCommand {

    private static final Duration LOOK_EVERY = Duration.ofMillis(500);

    /** A recovery copies little; what does not move so long waits for something. */
    private static final Duration STANDSTILL = Duration.ofSeconds(60);

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

    @Command(
            name = "fence",
            description = {
                "Give a node up that is lost. It may not come back before it is confirmed dead.",
                "With --confirm-dead its VMs are started on other nodes: make sure first that it is"
                        + " powered off, because nothing can check it."
            })
    int fence(
            @Parameters(paramLabel = "NAME") String name,
            @Option(
                            names = "--reason",
                            required = true,
                            paramLabel = "TEXT",
                            description = "why, and how you know; kept with your name")
                    String reason,
            @Option(
                            names = "--confirm-dead",
                            description = "the node is powered off: recover its VMs elsewhere")
                    boolean dead,
            @Option(names = "--force", description = "also if the node still renews")
                    boolean force) {
        var fence =
                FenceNodeRequest.newBuilder()
                        .setName(session.names().node(name))
                        .setReason(reason)
                        .setForce(force)
                        .setValidateOnly(session.options().dryRun)
                        .build();
        if (!session.options().dryRun) {
            session.confirm(
                    dead
                            ? "Is "
                                    + name
                                    + " certainly powered off? Its VMs are started elsewhere; if it"
                                    + " lives, they run twice and damage their disks. Go on"
                            : "Give " + name + " up");
        }
        Node node = session.calls().repeatable(() -> session.services().nodes().fenceNode(fence));
        if (session.options().dryRun) {
            session.progress().say("valid; nothing was changed");
        } else if (dead) {
            var word =
                    ConfirmFencedRequest.newBuilder()
                            .setName(fence.getName())
                            .setOperatorsWord(OperatorsWord.newBuilder().setReason(reason))
                            .build();
            Node fenced =
                    session.calls()
                            .repeatable(() -> session.services().nodes().confirmFenced(word));
            node = session.options().noWait && !session.options().wait ? fenced : emptied(fenced);
        }
        session.printer().one(session.views().node(), node);
        return 0;
    }

    /**
     * Follows the node's VMs to where they go. What other nodes cannot take stays with it; that
     * nothing moved for a while is how it shows.
     */
    private Node emptied(Node fenced) {
        Instant end = session.host().clock().instant().plus(session.options().timeout);
        Instant moved = session.host().clock().instant();
        var request = GetNodeRequest.newBuilder().setName(fenced.getName()).build();
        Node now = fenced;
        while (now.getVmCount() > 0) {
            session.progress()
                    .say(
                            "%d of %d VMs are recovered"
                                    .formatted(
                                            fenced.getVmCount() - now.getVmCount(),
                                            fenced.getVmCount()));
            int before = now.getVmCount();
            while (now.getVmCount() == before) {
                Instant time = session.host().clock().instant();
                if (time.isAfter(end) || time.isAfter(moved.plus(STANDSTILL))) {
                    throw new ProblemException(
                            Problem.timeout(
                                    "%d VMs of %s are not recovered"
                                            .formatted(
                                                    before,
                                                    ResourceNames.shortName(fenced.getName())),
                                    "tlvm vm show says of each why, and what may be done"));
                }
                session.host().pause().rest(LOOK_EVERY);
                now = session.calls().repeatable(() -> session.services().nodes().getNode(request));
            }
            moved = session.host().clock().instant();
        }
        return now;
    }
}
