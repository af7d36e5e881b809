package io.tlvm.cli;

import io.tlvm.catalog.v1.AddPublisherKeyRequest;
import io.tlvm.catalog.v1.CreatePublisherRequest;
import io.tlvm.catalog.v1.Publisher;
import io.tlvm.cli.input.ResourceNames;
import io.tlvm.cli.problem.Problem;
import io.tlvm.cli.problem.ProblemException;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** {@code tlvm image publisher}: who may publish; for administrators. */
@Command(name = "publisher", description = "Publishers of the marketplace; administrators only.")
final class PublisherCommand {

    private final Session session;

    PublisherCommand(Session session) {
        this.session = session;
    }

    @Command(name = "create", description = "Create a publisher; it can publish once it has a key.")
    int create(
            @Parameters(paramLabel = "NAME") String name,
            @Option(names = "--display-name", defaultValue = "", description = "name for people")
                    String displayName) {
        session.refuseDryRun("image publisher create");
        var request =
                CreatePublisherRequest.newBuilder()
                        .setPublisherId(ResourceNames.shortName(name))
                        .setPublisher(Publisher.newBuilder().setDisplayName(displayName))
                        .setRequestId(session.requestId())
                        .build();
        session.printer()
                .one(
                        session.views().publisher(),
                        session.calls()
                                .repeatable(
                                        () ->
                                                session.services()
                                                        .marketplace()
                                                        .createPublisher(request)));
        return 0;
    }

    @Command(
            name = "add-key",
            description = "Pin a signing key: versions signed by it are accepted from then on.")
    int addKey(
            @Parameters(index = "0", paramLabel = "NAME") String name,
            @Parameters(index = "1", paramLabel = "PUBLIC_KEY_PEM") Path file) {
        session.refuseDryRun("image publisher add-key");
        String pem;
        try {
            pem = Files.readString(file, StandardCharsets.US_ASCII);
        } catch (IOException unreadable) {
            throw new ProblemException(
                    Problem.usage("cannot read " + file, "give the path of a PEM file"),
                    unreadable);
        }
        // A private key by mistake must not leave this machine.
        if (pem.contains("PRIVATE KEY")) {
            throw new ProblemException(
                    Problem.usage(
                            file + " has a private key; nothing was sent",
                            "make the public one: openssl pkey -in KEY -pubout"));
        }
        var request =
                AddPublisherKeyRequest.newBuilder()
                        .setPublisher(session.names().publisher(name))
                        .setPublicKeyPem(pem)
                        .build();
        session.printer()
                .one(
                        session.views().publisher(),
                        session.calls()
                                .repeatable(
                                        () ->
                                                session.services()
                                                        .marketplace()
                                                        .addPublisherKey(request)));
        return 0;
    }
}
