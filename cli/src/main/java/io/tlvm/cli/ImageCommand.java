package io.tlvm.cli;

import io.tlvm.catalog.v1.CreateImageRequest;
import io.tlvm.catalog.v1.DeleteImageRequest;
import io.tlvm.catalog.v1.GetImageRequest;
import io.tlvm.catalog.v1.Image;
import io.tlvm.catalog.v1.ListImagesRequest;
import io.tlvm.catalog.v1.ListImagesResponse;
import io.tlvm.cli.input.EnumWords;
import io.tlvm.cli.input.ResourceNames;
import io.tlvm.cli.problem.Problem;
import io.tlvm.cli.problem.ProblemException;
import io.tlvm.cli.transfer.Downloader;
import io.tlvm.cli.transfer.LocalContent;
import io.tlvm.type.v1.OsType;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.nio.file.Path;
import java.util.List;

/** {@code tlvm image}: gallery images, what VMs are created from. */
@Command(name = "image", description = "Images of the project and the marketplace.")
final class ImageCommand {

    private final Session session;

    ImageCommand(Session session) {
        this.session = session;
    }

    @Command(
            name = "list",
            aliases = "ls",
            description = "List images, also those that Trusted launch refuses.")
    int list(
            @Option(
                            names = "--limit",
                            defaultValue = "2147483647",
                            showDefaultValue = Visibility.NEVER,
                            description = "at most so many")
                    int limit) {
        List<Image> found =
                session.calls()
                        .list(
                                token ->
                                        session.services()
                                                .images()
                                                .listImages(
                                                        ListImagesRequest.newBuilder()
                                                                .setParent(session.names().parent())
                                                                .setPageToken(token)
                                                                .build()),
                                ListImagesResponse::getImagesList,
                                ListImagesResponse::getNextPageToken,
                                limit);
        session.printer().list(session.views().image(), found);
        return 0;
    }

    @Command(name = "show", description = "Everything about an image.")
    int show(@Parameters(paramLabel = "NAME") String name) {
        session.printer().details(session.views().image(), get(name));
        return 0;
    }

    private Image get(String name) {
        var request = GetImageRequest.newBuilder().setName(session.names().image(name)).build();
        return session.calls().repeatable(() -> session.services().images().getImage(request));
    }

    @Command(name = "create", description = "Make an image from a marketplace version or a file.")
    int create(
            @Parameters(paramLabel = "NAME") String name,
            @Option(
                            names = "--urn",
                            paramLabel = "URN",
                            description = "publisher:offer:sku:version; the version may be latest")
                    @Nullable String urn,
            @Option(
                            names = "--file",
                            paramLabel = "FILE",
                            description = "raw or vhdx; never accepted for Trusted launch")
                    @Nullable Path file,
            @Option(
                            names = "--format",
                            defaultValue = "",
                            description = "raw or vhdx; default: by the first bytes")
                    String format,
            @Option(
                            names = "--os-type",
                            paramLabel = "OS",
                            description = "of a file: linux or windows")
                    @Nullable String osType) {
        if ((urn == null) == (file == null)) {
            throw new ProblemException(
                    Problem.usage(
                            "an image is made either from --urn or from --file",
                            "give exactly one of them"));
        }
        String full = session.names().image(name);
        var request =
                CreateImageRequest.newBuilder()
                        .setParent(full.replaceAll("/images/[^/]*$", ""))
                        .setImageId(ResourceNames.shortName(full))
                        .setValidateOnly(session.options().dryRun);
        if (osType != null) {
            request.setOsTypeValue(osType(osType));
        }
        if (urn != null) {
            request.setUrn(urn);
        } else if (file != null) {
            LocalContent content = LocalContent.measure(file, format, session.progress());
            if (!session.options().dryRun) {
                upload(session, content, "");
            }
            request.setUploadedDigest(content.digest());
        }
        session.mutate(
                id -> session.services().images().createImage(request.setRequestId(id).build()));
        return 0;
    }

    @Command(
            name = "delete",
            aliases = "rm",
            description = "Delete an image; machines made from it stay.")
    int delete(
            @Parameters(paramLabel = "NAME") String name,
            @Option(
                            names = "--etag",
                            defaultValue = "",
                            description = "only this version of the image")
                    String etag) {
        session.refuseDryRun("image delete");
        if (session.host().terminalIn()) {
            session.confirm("delete " + name);
        }
        var request =
                DeleteImageRequest.newBuilder()
                        .setName(session.names().image(name))
                        .setEtag(etag)
                        .build();
        // No request_id in the contract: a second call could meet an image that is gone already and
        // report that.
        session.finish(
                session.calls().once(() -> session.services().images().deleteImage(request)));
        return 0;
    }

    @Command(name = "download", description = "Write the content of an image into a file.")
    int download(
            @Parameters(index = "0", paramLabel = "NAME") String name,
            @Parameters(index = "1", paramLabel = "FILE") Path file) {
        Image image = get(name);
        session.host()
                .detachment()
                .announce("interrupted; the same command goes on from what is there");
        new Downloader(session.services(), session.progress())
                .download(image.getDigest(), image.getSizeBytes(), file);
        session.host().detachment().clear();
        session.progress().pause();
        session.printer().one(session.views().image(), image);
        return 0;
    }

    /** Uploads with the notice for Ctrl-C. */
    static void upload(Session session, LocalContent content, String urn) {
        session.host()
                .detachment()
                .announce("interrupted; the same command goes on from what the store has");
        try {
            session.uploader().upload(content, urn);
        } finally {
            session.progress().pause();
            session.host().detachment().clear();
        }
    }

    static int osType(String word) {
        try {
            return EnumWords.parse(OsType.getDescriptor(), word);
        } catch (IllegalArgumentException wrong) {
            throw new ProblemException(
                    Problem.usage("--os-type: " + wrong.getMessage(), "use linux or windows"),
                    wrong);
        }
    }
}
