package io.tlvm.cli.transfer;

import com.google.protobuf.ByteString;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.tlvm.catalog.v1.UploadContentRequest;
import io.tlvm.catalog.v1.UploadContentResponse;
import io.tlvm.catalog.v1.UploadOpen;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.concurrent.CompletableFuture;

/**
 * One upload call. Reads from the file only while gRPC can take more, so that memory stays small
 * however slow the server is. gRPC serializes the callbacks of a call, so they need no lock.
 */
final class UploadStream
        implements ClientResponseObserver<UploadContentRequest, UploadContentResponse> {

    /** The largest chunk that the contract allows. */
    private static final int CHUNK = 256 * 1024;

    private final FileChannel file;
    private final UploadOpen open;
    private final CompletableFuture<UploadContentResponse> answer = new CompletableFuture<>();
    private volatile @Nullable ClientCallStreamObserver<UploadContentRequest> call;

    /** {@link #sent} for other threads. */
    private volatile long position;

    private long sent;
    private boolean opened;
    private boolean ended;

    UploadStream(FileChannel file, UploadOpen open) {
        this.file = file;
        this.open = open;
        this.sent = open.getOffsetBytes();
        this.position = sent;
    }

    /** Bytes that are sent or need not be. */
    long position() {
        return position;
    }

    /** The answer, or a StatusRuntimeException. */
    CompletableFuture<UploadContentResponse> answer() {
        return answer;
    }

    /** Gives up; what the server has, it keeps. */
    void cancel() {
        var current = call;
        if (current != null) {
            current.cancel("the client gave up", null);
        }
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<UploadContentRequest> stream) {
        call = stream;
        stream.setOnReadyHandler(() -> pump(stream));
    }

    private void pump(ClientCallStreamObserver<UploadContentRequest> stream) {
        try {
            while (stream.isReady() && !ended && !answer.isDone()) {
                step(stream);
            }
        } catch (IOException unreadable) {
            ended = true;
            answer.completeExceptionally(unreadable);
            stream.cancel("the file cannot be read", unreadable);
        }
    }

    private void step(ClientCallStreamObserver<UploadContentRequest> stream) throws IOException {
        if (!opened) {
            opened = true;
            stream.onNext(UploadContentRequest.newBuilder().setOpen(open).build());
            return;
        }
        int wanted = (int) Math.min(CHUNK, open.getSizeBytes() - sent);
        if (wanted == 0) {
            ended = true;
            stream.onCompleted();
            return;
        }
        ByteBuffer chunk = ByteBuffer.allocate(wanted);
        int read = file.read(chunk, sent);
        if (read <= 0) {
            throw new IOException("the file became shorter while it was sent");
        }
        stream.onNext(
                UploadContentRequest.newBuilder()
                        .setChunk(ByteString.copyFrom(chunk.flip()))
                        .build());
        sent += read;
        position = sent;
    }

    @Override
    public void onNext(UploadContentResponse response) {
        answer.complete(response);
    }

    @Override
    public void onError(Throwable thrown) {
        answer.completeExceptionally(thrown);
    }

    @Override
    public void onCompleted() {
        // Does nothing when the answer came, as it must for a unary response.
        answer.completeExceptionally(
                io.grpc.Status.INTERNAL
                        .withDescription("the server ended the upload without an answer")
                        .asRuntimeException());
    }
}
