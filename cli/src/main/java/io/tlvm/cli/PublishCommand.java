package io.tlvm.cli;

import io.tlvm.catalog.v1.CreateImageVersionRequest;
import io.tlvm.catalog.v1.SignedImageStatement;
import io.tlvm.cli.problem.ProblemException;
import io.tlvm.cli.transfer.LocalContent;
import io.tlvm.cli.transfer.StatementSigner;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import java.nio.file.Path;
import java.util.concurrent.Callable;

/** {@code tlvm image publish}: signs a statement about a file, publishes it and brings the file. */
@Command(name = "publish", description = "Publish a signed version with its content.")
final class PublishCommand implements Callable<Integer> {

    private static final String EXISTS = "ALREADY_EXISTS";

    private final Session session;

    @Option(names = "--urn", required = true, description = "publisher:offer:sku:version")
    String urn = "";

    @Option(names = "--title", required = true, description = "title for people")
    String title = "";

    @Option(names = "--file", required = true, description = "raw or vhdx")
    Path file = Path.of("");

    @Option(
            names = "--key",
            required = true,
            paramLabel = "PRIVATE_KEY_PEM",
            description = "the publisher's key, PKCS#8; never leaves this process")
    Path key = Path.of("");

    @Option(
            names = "--os-type",
            required = true,
            paramLabel = "OS",
            description = "linux or windows")
    String osType = "";

    @Option(
            names = "--not-capable",
            paramLabel = "REASON",
            description = "the image does not boot with Secure Boot and a TPM, and why")
    String notCapable = "";

    @Option(names = "--format", description = "raw or vhdx; default: by the first bytes")
    String format = "";

    PublishCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        session.refuseDryRun("image publish");
        StatementSigner signer = StatementSigner.load(key);
        LocalContent content = LocalContent.measure(file, format, session.progress());
        CreateImageVersionRequest request = signer.sign(statement(content));
        publish(request, content);
        ImageCommand.upload(session, content, urn);
        session.printer().one(session.views().imageVersion(), MarketplaceCommand.get(session, urn));
        return 0;
    }

    private SignedImageStatement statement(LocalContent content) {
        return SignedImageStatement.newBuilder()
                .setUrn(urn)
                .setTitle(title)
                .setOsTypeValue(ImageCommand.osType(osType))
                .setTrustedLaunchCapable(notCapable.isEmpty())
                .setTrustedLaunchReason(notCapable)
                .setDigest(content.digest())
                .setSizeBytes(content.sizeBytes())
                .setFormat(content.format())
                .build();
    }

    /**
     * An earlier run may have been interrupted between the version and its content: the same
     * content goes on.
     */
    private void publish(CreateImageVersionRequest request, LocalContent content) {
        try {
            session.calls()
                    .once(() -> session.services().marketplace().createImageVersion(request));
        } catch (ProblemException refused) {
            if (!refused.problem().reason().equals(EXISTS)
                    || !MarketplaceCommand.get(session, urn).getDigest().equals(content.digest())) {
                throw refused;
            }
            session.progress()
                    .say(urn + " is published with this content already; bringing the content");
        }
    }
}
