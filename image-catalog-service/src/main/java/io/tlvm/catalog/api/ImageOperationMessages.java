package io.tlvm.catalog.api;

import com.google.protobuf.Any;
import com.google.protobuf.Empty;

import io.tlvm.catalog.store.GalleryImage;
import io.tlvm.catalog.store.ImageName;
import io.tlvm.catalog.store.ImageOperations;
import io.tlvm.catalog.v1.CreateImageMetadata;
import io.tlvm.catalog.v1.CreateImageMetadata.Phase;
import io.tlvm.foundation.operation.OperationName;
import io.tlvm.foundation.operation.OperationRecord;
import io.tlvm.foundation.operation.OperationState;
import io.tlvm.foundation.refusal.ErrorDomain;

import jakarta.inject.Singleton;

import java.time.Clock;
import java.util.Optional;
import java.util.UUID;

/** The operations of images as clients see them. */
@Singleton
class ImageOperationMessages implements ImageOperations {
    /** Kind of the operation that verifies a new image. */
    static final String CREATE_IMAGE = "CreateImage";

    private static final String DELETE_IMAGE = "DeleteImage";

    private final Clock clock;

    ImageOperationMessages(Clock clock) {
        this.clock = clock;
    }

    @Override
    public OperationRecord creating(GalleryImage image, String requester) {
        return OperationRecord.queued(
                OperationName.parse(image.operation()),
                CREATE_IMAGE,
                image.name().toString(),
                requester,
                progress(image.name(), Phase.PHASE_VERIFYING, 0, image.content().sizeBytes()),
                clock.instant());
    }

    @Override
    public OperationRecord wouldCreate(GalleryImage image, String requester) {
        return done(
                OperationName.parse(image.operation()),
                CREATE_IMAGE,
                image,
                requester,
                progress(image.name(), Phase.PHASE_DONE, 0, image.content().sizeBytes()),
                Any.pack(Translate.toProto(image)));
    }

    @Override
    public OperationRecord deleted(GalleryImage image, String requester) {
        return done(
                OperationName.of(image.name().project(), ErrorDomain.CATALOG, UUID.randomUUID()),
                DELETE_IMAGE,
                image,
                requester,
                Any.getDefaultInstance(),
                Any.pack(Empty.getDefaultInstance()));
    }

    /** What clients see of a creation. */
    static Any progress(ImageName image, Phase phase, long doneBytes, long totalBytes) {
        return Any.pack(
                CreateImageMetadata.newBuilder()
                        .setTarget(image.toString())
                        .setPhase(phase)
                        .setBytesDone(doneBytes)
                        .setBytesTotal(totalBytes)
                        .build());
    }

    private OperationRecord done(
            OperationName name,
            String kind,
            GalleryImage image,
            String requester,
            Any metadata,
            Any response) {
        return new OperationRecord(
                name,
                kind,
                image.name().toString(),
                requester,
                metadata,
                OperationState.SUCCEEDED,
                "",
                Optional.empty(),
                Optional.of(response),
                clock.instant(),
                clock.instant(),
                Optional.empty(),
                Optional.empty(),
                false);
    }
}
