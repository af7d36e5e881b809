package io.tlvm.catalog.api;

import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_OPERATION_CANCELLED;

import com.google.protobuf.Any;

import io.tlvm.catalog.store.Gallery;
import io.tlvm.catalog.store.GalleryImage;
import io.tlvm.catalog.store.ImageName;
import io.tlvm.catalog.v1.CreateImageMetadata.Phase;
import io.tlvm.foundation.operation.OperationHandler;
import io.tlvm.foundation.operation.OperationOutcome;
import io.tlvm.foundation.operation.OperationProgress;
import io.tlvm.foundation.operation.OperationRecord;
import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.foundation.refusal.Refusal;

import jakarta.inject.Singleton;

import java.util.Optional;

/** Carries on the creation of an image, after a request and after a restart alike. */
@Singleton
class CreateImageHandler implements OperationHandler {
    private static final long PROGRESS_EVERY_BYTES = 256L * 1024 * 1024;

    private final Gallery gallery;

    CreateImageHandler(Gallery gallery) {
        this.gallery = gallery;
    }

    @Override
    public String kind() {
        return ImageOperationMessages.CREATE_IMAGE;
    }

    @Override
    public OperationOutcome run(OperationRecord operation, OperationProgress progress)
            throws InterruptedException {
        ImageName name = ImageName.parse(operation.target());
        Optional<GalleryImage> made = verified(operation, progress, name);
        if (made.isEmpty()) {
            return new OperationOutcome.Cancelled(
                    Refusal.of(ERROR_REASON_OPERATION_CANCELLED, ErrorDomain.CATALOG)
                            .what("the creation of %s was cancelled; there is no such image", name)
                            .with("operation", operation.name())
                            .with("requester", operation.requester())
                            .asStatus());
        }
        long bytes = made.get().content().sizeBytes();
        progress.at("DONE", ImageOperationMessages.progress(name, Phase.PHASE_DONE, bytes, bytes));
        return new OperationOutcome.Succeeded(Any.pack(Translate.toProto(made.get())));
    }

    private Optional<GalleryImage> verified(
            OperationRecord operation, OperationProgress progress, ImageName name)
            throws InterruptedException {
        return Answer.interruptible(
                () ->
                        gallery.verify(
                                name,
                                operation.name().toString(),
                                (done, total) -> {
                                    if (done % PROGRESS_EVERY_BYTES == 0) {
                                        progress.at(
                                                "VERIFYING",
                                                ImageOperationMessages.progress(
                                                        name, Phase.PHASE_VERIFYING, done, total));
                                    }
                                    return !progress.cancelRequested();
                                }));
    }
}
