package io.tlvm.agent.image;

import io.grpc.StatusRuntimeException;
import io.tlvm.catalog.v1.ImageBlobServiceGrpc;
import io.tlvm.catalog.v1.ReadContentRequest;
import io.tlvm.catalog.v1.ReadContentResponse;
import io.tlvm.foundation.identity.SpiffeId;
import io.tlvm.foundation.refusal.RefusalView;
import io.tlvm.foundation.tls.ChannelFactory;
import io.tlvm.foundation.tls.HostPort;
import io.tlvm.ownership.id.Digest;

import java.io.IOException;
import java.time.Duration;
import java.util.Iterator;

/**
 * Content from image-catalog-service. The blocking iterator asks for the next chunk only when one
 * was taken.
 */
public final class CatalogImages implements ImageSource {
    private static final Duration READ_MAX = Duration.ofHours(1);

    private final ChannelFactory channels;
    private final HostPort address;
    private final SpiffeId.Service catalog;

    /** The catalog at an address, which must have that identity. */
    public CatalogImages(ChannelFactory channels, HostPort address, SpiffeId.Service catalog) {
        this.channels = channels;
        this.address = address;
        this.catalog = catalog;
    }

    @Override
    public void read(Digest content, long offset, Sink into) throws IOException {
        try {
            Iterator<ReadContentResponse> chunks =
                    ImageBlobServiceGrpc.newBlockingStub(channels.channel(address, catalog))
                            .withDeadlineAfter(READ_MAX)
                            .readContent(
                                    ReadContentRequest.newBuilder()
                                            .setDigest(content.value())
                                            .setOffsetBytes(offset)
                                            .build());
            while (chunks.hasNext()) {
                into.take(chunks.next().getChunk().asReadOnlyByteBuffer());
            }
        } catch (StatusRuntimeException refused) {
            throw new IOException(
                    "image-catalog-service at "
                            + address
                            + ": "
                            + RefusalView.of(refused).message(),
                    refused);
        }
    }
}
