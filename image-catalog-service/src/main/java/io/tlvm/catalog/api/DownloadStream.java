package io.tlvm.catalog.api;

import com.google.protobuf.UnsafeByteOperations;

import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.tlvm.catalog.store.ContentShelf;
import io.tlvm.catalog.store.ContentShelf.OpenContent;
import io.tlvm.catalog.store.StoreRefusal.ContentNotFound;
import io.tlvm.catalog.store.StoreRefusal.PeerIdle;
import io.tlvm.catalog.store.StoreRefused;
import io.tlvm.catalog.v1.ReadContentRequest;
import io.tlvm.catalog.v1.ReadContentResponse;
import io.tlvm.catalog.verification.ContentDigest;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One download call: a virtual thread reads the disk and sends only while the client takes, so that
 * memory stays bounded.
 */
final class DownloadStream {
    private static final int CHUNK_BYTES = 256 * 1024;
    private static final Duration IDLE_BOUND = Duration.ofSeconds(60);

    private final ContentShelf shelf;
    private final ReadContentRequest request;
    private final ServerCallStreamObserver<ReadContentResponse> call;
    private final Runnable release;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    DownloadStream(
            ContentShelf shelf,
            ReadContentRequest request,
            ServerCallStreamObserver<ReadContentResponse> call,
            Runnable release) {
        this.shelf = shelf;
        this.request = request;
        this.call = call;
        this.release = release;
    }

    /** To be called inside the service method: afterwards gRPC takes no handlers any more. */
    void start() {
        call.setOnReadyHandler(this::wake);
        call.setOnCancelHandler(this::wake);
        Thread.ofVirtual().name("download").start(this::run);
    }

    private void run() {
        boolean whole;
        try {
            whole = Answer.plain(this::send);
        } catch (StatusRuntimeException refusal) {
            call.onError(refusal);
            return;
        } catch (RuntimeException | Error bug) {
            call.onError(bug); // foundation logs it and tells the caller a debug id only
            return;
        } finally {
            release.run();
        }
        if (whole) {
            call.onCompleted();
        }
    }

    /** False when the client went away. */
    private boolean send() throws IOException {
        var digest = new ContentDigest(request.getDigest());
        try (OpenContent content =
                shelf.open(digest)
                        .orElseThrow(() -> new StoreRefused(new ContentNotFound(digest)))) {
            long size = content.size();
            long offset = request.getOffsetBytes();
            if (offset > size) {
                throw Refusals.invalid(
                                "offset_bytes",
                                "content.offset",
                                "the content has " + size + " bytes")
                        .asException();
            }
            boolean first = true;
            while (first || offset < size) {
                if (!awaitReady()) {
                    return false;
                }
                ByteBuffer bytes = content.read(offset, CHUNK_BYTES);
                if (!bytes.hasRemaining() && offset < size) {
                    throw new IOException(
                            "content " + digest + " became shorter while it was read");
                }
                offset += bytes.remaining();
                // The buffer is never touched again, so it need not be copied.
                var part =
                        ReadContentResponse.newBuilder()
                                .setChunk(UnsafeByteOperations.unsafeWrap(bytes));
                call.onNext(first ? part.setSizeBytes(size).build() : part.build());
                first = false;
            }
            return true;
        }
    }

    private boolean awaitReady() {
        lock.lock();
        try {
            long left = IDLE_BOUND.toNanos();
            while (!call.isReady() && !call.isCancelled()) {
                if (left <= 0) {
                    throw new StoreRefused(new PeerIdle(IDLE_BOUND));
                }
                left = changed.awaitNanos(left);
            }
            return !call.isCancelled();
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }

    private void wake() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
