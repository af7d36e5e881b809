package io.tlvm.cli;

import com.google.longrunning.CancelOperationRequest;
import com.google.longrunning.ListOperationsRequest;
import com.google.longrunning.ListOperationsResponse;
import com.google.longrunning.Operation;

import io.tlvm.cli.problem.ProblemException;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.util.ArrayList;

/** {@code tlvm op}: operations of both services. */
@Command(name = "op", description = "Operations: work that goes on in the services.")
final class OpCommand {

    private final Session session;

    OpCommand(Session session) {
        this.session = session;
    }

    @Command(name = "list", aliases = "ls", description = "List operations of both services.")
    int list(
            @Option(names = "--running", description = "only those that have not ended")
                    boolean running,
            @Option(names = "--target", description = "only those of this resource, full name")
                    @Nullable String target,
            @Option(
                            names = "--limit",
                            defaultValue = "2147483647",
                            showDefaultValue = Visibility.NEVER,
                            description = "at most so many of each service")
                    int limit) {
        var terms = new ArrayList<String>();
        if (running) {
            terms.add("done=false");
        }
        if (target != null) {
            terms.add("target=\"" + target.replaceAll("[\"\\\\]", "") + "\"");
        }
        var request =
                ListOperationsRequest.newBuilder()
                        .setName(session.names().parent())
                        .setFilter(String.join(" AND ", terms));
        var found = new ArrayList<Operation>();
        @Nullable ProblemException silent = null;
        for (var service : session.services().operations()) {
            try {
                found.addAll(
                        session.calls()
                                .list(
                                        token ->
                                                service.listOperations(
                                                        request.setPageToken(token).build()),
                                        ListOperationsResponse::getOperationsList,
                                        ListOperationsResponse::getNextPageToken,
                                        limit));
            } catch (ProblemException refused) {
                // What the other service knows is shown all the same; the status says that
                // something is missing.
                silent = refused;
            }
        }
        session.printer().list(session.views().operation(), found);
        if (silent != null) {
            throw silent;
        }
        return 0;
    }

    @Command(name = "show", description = "Everything about an operation.")
    int show(@Parameters(paramLabel = "OPERATION") String name) {
        session.printer()
                .details(
                        session.views().operation(),
                        session.follower().get(session.names().operation(name)));
        return 0;
    }

    @Command(
            name = "wait",
            description = "Wait for the end of an operation and print what it made.")
    int waitForEnd(@Parameters(paramLabel = "OPERATION") String name) {
        Operation current = session.follower().get(session.names().operation(name));
        session.printResult(session.follower().follow(current, session.options().timeout));
        return 0;
    }

    @Command(
            name = "cancel",
            description = "Ask for the end of an operation; op wait tells how it ended.")
    int cancel(@Parameters(paramLabel = "OPERATION") String name) {
        session.refuseDryRun("op cancel");
        String full = session.names().operation(name);
        session.calls()
                .repeatable(
                        () ->
                                session.services()
                                        .operationsOf(full)
                                        .cancelOperation(
                                                CancelOperationRequest.newBuilder()
                                                        .setName(full)
                                                        .build()));
        session.progress().say("cancellation asked for");
        session.printer().one(session.views().operation(), session.follower().get(full));
        return 0;
    }
}
