package io.tlvm.vm.catalog;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.tlvm.catalog.v1.GetImageRequest;
import io.tlvm.catalog.v1.Image;
import io.tlvm.catalog.v1.ImageStoreServiceGrpc;
import io.tlvm.catalog.v1.ImageStoreServiceGrpc.ImageStoreServiceBlockingStub;
import io.tlvm.catalog.v1.ListImagesRequest;
import io.tlvm.foundation.identity.TrustDomain;
import io.tlvm.foundation.refusal.RefusalView;
import io.tlvm.foundation.tls.ChannelFactory;
import io.tlvm.foundation.tls.HostPort;
import io.tlvm.vm.machine.Images;
import io.tlvm.vm.refusal.ImageRefusal;
import io.tlvm.vm.refusal.VmRefused;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Asks image-catalog-service. */
public final class CatalogImages implements Images {
    private static final String SERVICE = "image-catalog-service";
    private static final Duration BOUND = Duration.ofSeconds(10);
    private static final int ALTERNATIVES_MAX = 3;
    private static final int LOOK_AT_MAX = 200;

    private final ChannelFactory channels;
    private final TrustDomain trustDomain;
    private final HostPort address;

    public CatalogImages(ChannelFactory channels, TrustDomain trustDomain, HostPort address) {
        this.channels = channels;
        this.trustDomain = trustDomain;
        this.address = address;
    }

    @Override
    public Optional<Known> find(String name) {
        try {
            return Optional.of(
                    known(stub().getImage(GetImageRequest.newBuilder().setName(name).build())));
        } catch (StatusRuntimeException failed) {
            if (failed.getStatus().getCode() == Status.Code.NOT_FOUND) {
                return Optional.empty();
            }
            throw silent(failed);
        }
    }

    @Override
    public List<String> capableIn(String project) {
        try {
            var request =
                    ListImagesRequest.newBuilder()
                            .setParent("projects/" + project)
                            .setPageSize(LOOK_AT_MAX)
                            .build();
            return stub().listImages(request).getImagesList().stream()
                    .filter(
                            image ->
                                    image.getTrustedLaunchSupported()
                                            && image.getState() == Image.State.STATE_ACTIVE)
                    .map(Image::getName)
                    .limit(ALTERNATIVES_MAX)
                    .toList();
        } catch (StatusRuntimeException failed) {
            // Only a hint in another refusal.
            return List.of();
        }
    }

    private ImageStoreServiceBlockingStub stub() {
        return ImageStoreServiceGrpc.newBlockingStub(
                        channels.channel(address, trustDomain.service(SERVICE)))
                .withDeadlineAfter(BOUND.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static VmRefused silent(StatusRuntimeException failed) {
        return new VmRefused(new ImageRefusal.CatalogSilent(RefusalView.of(failed).message()));
    }

    private static Known known(Image image) {
        return new Known(
                image.getName(),
                image.getUrn(),
                image.getDigest().isEmpty() ? Optional.empty() : Optional.of(image.getDigest()),
                image.getState() == Image.State.STATE_ACTIVE,
                image.getState().name().replace("STATE_", ""),
                image.getTrustedLaunchSupported(),
                image.getTrustedLaunchReason());
    }
}
