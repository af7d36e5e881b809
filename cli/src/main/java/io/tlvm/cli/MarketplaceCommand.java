package io.tlvm.cli;

import io.tlvm.catalog.v1.GetImageVersionRequest;
import io.tlvm.catalog.v1.ImageVersion;
import io.tlvm.catalog.v1.ListImageVersionsRequest;
import io.tlvm.catalog.v1.ListImageVersionsResponse;
import io.tlvm.catalog.v1.ListPublishersRequest;
import io.tlvm.catalog.v1.ListPublishersResponse;
import io.tlvm.catalog.v1.Publisher;
import io.tlvm.catalog.v1.ResolveImageRequest;
import io.tlvm.catalog.v1.TrustedLaunchSupport;
import io.tlvm.cli.transfer.LocalContent;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.nio.file.Path;
import java.util.List;

/** {@code tlvm image marketplace}: what publishers published. */
@Command(name = "marketplace", description = "Versions that publishers published.")
final class MarketplaceCommand {

    private final Session session;

    /** Filter of the list. */
    enum Support {
        /** Trusted launch accepts it. */
        SUPPORTED,
        /** Trusted launch refuses it. */
        UNSUPPORTED;

        TrustedLaunchSupport toProto() {
            return switch (this) {
                case SUPPORTED -> TrustedLaunchSupport.TRUSTED_LAUNCH_SUPPORT_SUPPORTED;
                case UNSUPPORTED -> TrustedLaunchSupport.TRUSTED_LAUNCH_SUPPORT_UNSUPPORTED;
            };
        }
    }

    MarketplaceCommand(Session session) {
        this.session = session;
    }

    @Command(
            name = "list",
            aliases = "ls",
            description = "List versions, also those that Trusted launch refuses, with the reason.")
    int list(
            @Option(names = "--publisher", defaultValue = "-", showDefaultValue = Visibility.NEVER)
                    String publisher,
            @Option(names = "--offer", defaultValue = "-", showDefaultValue = Visibility.NEVER)
                    String offer,
            @Option(names = "--sku", defaultValue = "-", showDefaultValue = Visibility.NEVER)
                    String sku,
            @Option(
                            names = "--trusted-launch",
                            description = "only supported or only unsupported ones")
                    @Nullable Support support,
            @Option(
                            names = "--limit",
                            defaultValue = "2147483647",
                            showDefaultValue = Visibility.NEVER,
                            description = "at most so many")
                    int limit) {
        var request =
                ListImageVersionsRequest.newBuilder()
                        .setParent("publishers/" + publisher + "/offers/" + offer + "/skus/" + sku);
        if (support != null) {
            request.setTrustedLaunch(support.toProto());
        }
        List<ImageVersion> found =
                session.calls()
                        .list(
                                token ->
                                        session.services()
                                                .marketplace()
                                                .listImageVersions(
                                                        request.setPageToken(token).build()),
                                ListImageVersionsResponse::getImageVersionsList,
                                ListImageVersionsResponse::getNextPageToken,
                                limit);
        session.printer().list(session.views().imageVersion(), found);
        return 0;
    }

    @Command(name = "show", description = "Everything about a version.")
    int show(@Parameters(paramLabel = "URN") String urn) {
        session.printer()
                .details(
                        session.views().imageVersion(),
                        urn.endsWith(":latest") ? resolve(session, urn) : get(session, urn));
        return 0;
    }

    @Command(name = "resolve", description = "The exact version and digest that a URN means now.")
    int resolve(@Parameters(paramLabel = "URN") String urn) {
        session.printer().one(session.views().imageVersion(), resolve(session, urn));
        return 0;
    }

    @Command(name = "publishers", description = "List publishers.")
    int publishers() {
        List<Publisher> found =
                session.calls()
                        .list(
                                token ->
                                        session.services()
                                                .marketplace()
                                                .listPublishers(
                                                        ListPublishersRequest.newBuilder()
                                                                .setPageToken(token)
                                                                .build()),
                                ListPublishersResponse::getPublishersList,
                                ListPublishersResponse::getNextPageToken,
                                Integer.MAX_VALUE);
        session.printer().list(session.views().publisher(), found);
        return 0;
    }

    @Command(name = "add-content", description = "Bring media for a version; administrators only.")
    int addContent(
            @Parameters(index = "0", paramLabel = "URN") String urn,
            @Parameters(index = "1", paramLabel = "FILE") Path file,
            @Option(
                            names = "--format",
                            defaultValue = "",
                            description = "raw or vhdx; default: by the first bytes")
                    String format) {
        session.refuseDryRun("image marketplace add-content");
        ImageVersion version = get(session, urn);
        ImageCommand.upload(
                session, LocalContent.measure(file, format, session.progress()), version.getUrn());
        session.printer().one(session.views().imageVersion(), get(session, urn));
        return 0;
    }

    static ImageVersion get(Session session, String urn) {
        var request =
                GetImageVersionRequest.newBuilder()
                        .setName(session.names().imageVersion(urn))
                        .build();
        return session.calls()
                .repeatable(() -> session.services().marketplace().getImageVersion(request));
    }

    private static ImageVersion resolve(Session session, String urn) {
        var request = ResolveImageRequest.newBuilder().setUrn(urn).build();
        return session.calls()
                .repeatable(() -> session.services().marketplace().resolveImage(request))
                .getImageVersion();
    }
}
