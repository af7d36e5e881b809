package io.tlvm.catalog.cluster;

import com.google.protobuf.ByteString;

import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.tlvm.catalog.v1.ImageBlobServiceGrpc;
import io.tlvm.catalog.v1.UploadContentRequest;
import io.tlvm.catalog.v1.UploadContentResponse;
import io.tlvm.catalog.v1.UploadOpen;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** An upload as a client makes it: opened, fed while the server takes, ended or broken. */
public final class Uploader {
    private static final int CHUNK = 256 * 1024;

    private final CompletableFuture<UploadContentResponse> answer = new CompletableFuture<>();
    private ClientCallStreamObserver<UploadContentRequest> stream;

    public Uploader(Channel channel, UploadOpen open) {
        ImageBlobServiceGrpc.newStub(channel)
                .uploadContent(
                        new ClientResponseObserver<UploadContentRequest, UploadContentResponse>() {
                            @Override
                            public void beforeStart(
                                    ClientCallStreamObserver<UploadContentRequest> requests) {
                                stream = requests;
                            }

                            @Override
                            public void onNext(UploadContentResponse value) {
                                answer.complete(value);
                            }

                            @Override
                            public void onError(Throwable failure) {
                                answer.completeExceptionally(failure);
                            }

                            @Override
                            public void onCompleted() {}
                        });
        stream.onNext(UploadContentRequest.newBuilder().setOpen(open).build());
    }

    /** Sends a whole upload. */
    public static UploadContentResponse send(Channel channel, UploadOpen open, byte[] bytes) {
        var upload = new Uploader(channel, open);
        upload.feed(bytes);
        return upload.end();
    }

    public Uploader feed(byte[] bytes) {
        for (int at = 0; at < bytes.length && !answer.isDone(); at += CHUNK) {
            stream.onNext(
                    UploadContentRequest.newBuilder()
                            .setChunk(
                                    ByteString.copyFrom(
                                            bytes, at, Math.min(CHUNK, bytes.length - at)))
                            .build());
        }
        return this;
    }

    public UploadContentResponse end() {
        if (!answer.isDone()) {
            stream.onCompleted();
        }
        return answer();
    }

    public UploadContentResponse answer() {
        try {
            return answer.orTimeout(40, TimeUnit.SECONDS).join();
        } catch (CompletionException e) {
            throw (RuntimeException) e.getCause();
        }
    }

    /** The client dies. */
    public void breakOff() {
        stream.cancel("the client dies", Status.CANCELLED.asException());
    }

    /** Bytes of a raw disk that no other test has. */
    public static byte[] disk(int sizeBytes, long seed) {
        byte[] bytes = new byte[sizeBytes];
        new Random(seed).nextBytes(bytes);
        bytes[0] = 'x'; // no magic by chance
        return bytes;
    }

    public static String digest(byte[] bytes) {
        try {
            return "sha256:"
                    + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    public static UploadOpen.Builder open(byte[] bytes) {
        return UploadOpen.newBuilder()
                .setDigest(digest(bytes))
                .setSizeBytes(bytes.length)
                .setFormat("raw");
    }
}
