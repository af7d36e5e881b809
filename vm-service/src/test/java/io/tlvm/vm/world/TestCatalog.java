package io.tlvm.vm.world;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.tlvm.catalog.v1.GetImageRequest;
import io.tlvm.catalog.v1.Image;
import io.tlvm.catalog.v1.ImageSource;
import io.tlvm.catalog.v1.ImageStoreServiceGrpc;
import io.tlvm.catalog.v1.ListImagesRequest;
import io.tlvm.catalog.v1.ListImagesResponse;

import java.util.LinkedHashMap;
import java.util.Map;

/** A catalog with one image of each kind. */
final class TestCatalog extends ImageStoreServiceGrpc.ImageStoreServiceImplBase {
    static final String DIGEST = "sha256:" + "ab".repeat(32);

    private final Map<String, Image> images = new LinkedHashMap<>();

    TestCatalog() {
        add(image("good").setUrn("tlvm:test:guest:1.0").setTrustedLaunchSupported(true));
        add(
                image("incapable")
                        .setUrn("tlvm:test:old:1.0")
                        .setTrustedLaunchReason("no UEFI boot loader"));
        add(
                image("file")
                        .setSource(ImageSource.IMAGE_SOURCE_FILE)
                        .setTrustedLaunchReason("a file"));
        add(
                image("empty")
                        .setUrn("tlvm:test:win:1.0")
                        .setTrustedLaunchSupported(true)
                        .setDigest(""));
    }

    private static Image.Builder image(String id) {
        return Image.newBuilder()
                .setName("projects/default/images/" + id)
                .setSource(ImageSource.IMAGE_SOURCE_MARKETPLACE)
                .setDigest(DIGEST)
                .setState(Image.State.STATE_ACTIVE);
    }

    private void add(Image.Builder image) {
        images.put(image.getName(), image.build());
    }

    @Override
    public void getImage(GetImageRequest request, StreamObserver<Image> answer) {
        Image image = images.get(request.getName());
        if (image == null) {
            answer.onError(Status.NOT_FOUND.asRuntimeException());
            return;
        }
        answer.onNext(image);
        answer.onCompleted();
    }

    @Override
    public void listImages(ListImagesRequest request, StreamObserver<ListImagesResponse> answer) {
        answer.onNext(ListImagesResponse.newBuilder().addAllImages(images.values()).build());
        answer.onCompleted();
    }
}
