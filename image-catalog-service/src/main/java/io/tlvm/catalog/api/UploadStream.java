package io.tlvm.catalog.api;

import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.tlvm.catalog.catalog.Urn;
import io.tlvm.catalog.store.Intake;
import io.tlvm.catalog.store.StoreRefusal.OutOfOrder;
import io.tlvm.catalog.store.StoreRefusal.PeerIdle;
import io.tlvm.catalog.store.StoreRefused;
import io.tlvm.catalog.store.Upload;
import io.tlvm.catalog.v1.UploadContentRequest;
import io.tlvm.catalog.v1.UploadContentResponse;
import io.tlvm.catalog.v1.UploadOpen;
import io.tlvm.catalog.verification.Content;
import io.tlvm.catalog.verification.ContentDigest;
import io.tlvm.catalog.verification.ImageFormat;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * One upload call. The event loop puts what arrives into a queue; a virtual thread writes it to the
 * disk and asks for one more message per message written, so that at most {@link #WINDOW} of them
 * are in memory whatever the client does.
 */
final class UploadStream implements StreamObserver<UploadContentRequest> {
    private static final int WINDOW = 8;
    private static final Duration IDLE_BOUND = Duration.ofSeconds(60);

    private final Intake intake;
    private final String owner;
    private final boolean administrator;
    private final ServerCallStreamObserver<UploadContentResponse> call;

    /** Two more than the window, for the end and for a cancellation. */
    private final BlockingQueue<Arrival> inbox = new ArrayBlockingQueue<>(WINDOW + 2);

    private sealed interface Arrival {
        record Part(UploadContentRequest message) implements Arrival {}

        record End() implements Arrival {}

        /** The client went away, or the connection broke. */
        record Broken() implements Arrival {}
    }

    UploadStream(
            Intake intake,
            String owner,
            boolean administrator,
            ServerCallStreamObserver<UploadContentResponse> call) {
        this.intake = intake;
        this.owner = owner;
        this.administrator = administrator;
        this.call = call;
    }

    /** To be called inside the service method: afterwards gRPC takes no handlers any more. */
    void start() {
        call.disableAutoRequest();
        call.setOnCancelHandler(() -> inbox.offer(new Arrival.Broken()));
        call.request(WINDOW);
        Thread.ofVirtual().name("upload").start(this::run);
    }

    @Override
    public void onNext(UploadContentRequest message) {
        inbox.add(new Arrival.Part(message)); // never full: no more than WINDOW were asked for
    }

    @Override
    public void onError(Throwable broken) {
        inbox.offer(new Arrival.Broken());
    }

    @Override
    public void onCompleted() {
        inbox.add(new Arrival.End());
    }

    private void run() {
        @Nullable Content received;
        try {
            received = Answer.plain(this::receive).orElse(null);
        } catch (StatusRuntimeException refusal) {
            call.onError(refusal);
            return;
        } catch (RuntimeException | Error bug) {
            call.onError(bug); // foundation logs it and tells the caller a debug id only
            return;
        }
        if (received != null) {
            call.onNext(
                    UploadContentResponse.newBuilder()
                            .setDigest(received.digest().text())
                            .setSizeBytes(received.sizeBytes())
                            .build());
            call.onCompleted();
        }
    }

    /** Empty when the client went away: what came is kept, and there is nobody to answer. */
    private Optional<Content> receive() throws IOException {
        UploadOpen open;
        switch (next()) {
            case Arrival.Broken() -> {
                return Optional.empty();
            }
            case Arrival.End() ->
                    throw new StoreRefused(
                            new OutOfOrder("the first message opens the upload; none came"));
            case Arrival.Part(var message) -> {
                if (!message.hasOpen()) {
                    throw new StoreRefused(
                            new OutOfOrder(
                                    "the first message opens the upload, it carries no bytes"));
                }
                open = message.getOpen();
            }
        }
        try (Upload upload = intake.open(offer(open))) {
            call.request(1);
            if (upload.alreadyStored()) {
                return Optional.of(upload.finish());
            }
            while (true) { // ends with the stream: each turn waits at most IDLE_BOUND and takes
                // what the open declared
                switch (next()) {
                    case Arrival.Broken() -> {
                        return Optional.empty();
                    }
                    case Arrival.End() -> {
                        return Optional.of(upload.finish());
                    }
                    case Arrival.Part(var message) -> {
                        if (!message.hasChunk()) {
                            throw new StoreRefused(
                                    new OutOfOrder("an upload is opened once, then come bytes"));
                        }
                        upload.write(message.getChunk().asReadOnlyByteBuffer());
                        call.request(1);
                    }
                }
            }
        }
    }

    private Arrival next() {
        try {
            @Nullable Arrival arrival = inbox.poll(IDLE_BOUND.toMillis(), TimeUnit.MILLISECONDS);
            if (arrival == null) {
                throw new StoreRefused(new PeerIdle(IDLE_BOUND));
            }
            return arrival;
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            return new Arrival.Broken();
        }
    }

    private Intake.Offer offer(UploadOpen open) {
        Optional<Urn> row =
                open.getUrn().isEmpty()
                        ? Optional.empty()
                        : Optional.of(Translate.toUrn("open.urn", open.getUrn()));
        var content =
                new Content(
                        new ContentDigest(open.getDigest()),
                        open.getSizeBytes(),
                        ImageFormat.parse(open.getFormat()).orElseThrow());
        return new Intake.Offer(owner, administrator, content, open.getOffsetBytes(), row);
    }
}
