package io.tlvm.catalog.api;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import io.tlvm.catalog.StoreConfig;
import io.tlvm.catalog.store.ContentShelf;
import io.tlvm.catalog.store.Intake;
import io.tlvm.catalog.store.StoreRefusal.TooManyTransfers;
import io.tlvm.catalog.v1.GetUploadRequest;
import io.tlvm.catalog.v1.GetUploadResponse;
import io.tlvm.catalog.v1.ImageBlobServiceGrpc;
import io.tlvm.catalog.v1.ReadContentRequest;
import io.tlvm.catalog.v1.ReadContentResponse;
import io.tlvm.catalog.v1.UploadContentRequest;
import io.tlvm.catalog.v1.UploadContentResponse;
import io.tlvm.catalog.verification.ContentDigest;
import io.tlvm.foundation.access.AllowedCaller;
import io.tlvm.foundation.access.Caller;
import io.tlvm.foundation.config.TlvmConfig;

import java.util.Set;
import java.util.concurrent.Semaphore;

/**
 * tlvm.catalog.v1.ImageBlobService. The observer API instead of Mutiny, whose gRPC streams have no
 * back-pressure; each stream has a virtual thread that reads or writes the disk, because observers
 * are called on the event loop.
 */
@GrpcService
class ImageBlobEndpoint extends ImageBlobServiceGrpc.ImageBlobServiceImplBase {
    private final Intake intake;
    private final ContentShelf shelf;
    private final Set<String> administrators;
    private final int downloadsMax;
    private final Semaphore downloads;

    ImageBlobEndpoint(Intake intake, ContentShelf shelf, TlvmConfig config, StoreConfig store) {
        this.intake = intake;
        this.shelf = shelf;
        this.administrators = config.administrators();
        this.downloadsMax = store.downloadsMax();
        this.downloads = new Semaphore(downloadsMax);
    }

    @Override
    public StreamObserver<UploadContentRequest> uploadContent(
            StreamObserver<UploadContentResponse> answer) {
        Caller caller = Caller.current();
        var upload =
                new UploadStream(
                        intake,
                        caller.uri(),
                        AllowedCaller.ADMINISTRATOR.includes(caller.id(), administrators),
                        (ServerCallStreamObserver<UploadContentResponse>) answer);
        upload.start();
        return upload;
    }

    @Override
    public void getUpload(GetUploadRequest request, StreamObserver<GetUploadResponse> answer) {
        Answer.to(
                answer,
                () -> {
                    Intake.Progress progress =
                            intake.progress(
                                    Caller.current().uri(), new ContentDigest(request.getDigest()));
                    return GetUploadResponse.newBuilder()
                            .setOffsetBytes(progress.keptBytes())
                            .setComplete(progress.complete())
                            .build();
                });
    }

    @Override
    public void readContent(
            ReadContentRequest request, StreamObserver<ReadContentResponse> answer) {
        if (!downloads.tryAcquire()) {
            throw Refusals.of(new TooManyTransfers(downloadsMax)).asException();
        }
        new DownloadStream(
                        shelf,
                        request,
                        (ServerCallStreamObserver<ReadContentResponse>) answer,
                        downloads::release)
                .start();
    }
}
