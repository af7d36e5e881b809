package io.tlvm.agent.transfer;

import io.grpc.stub.CallStreamObserver;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongFunction;

/**
 * One direction into a gRPC stream. A sender waits until the transport takes more, so what is not
 * yet sent stays where it was; a StreamObserver itself takes everything and keeps it in memory.
 *
 * @param <T> type of the frames
 */
final class FrameSender<T> {
    private final CallStreamObserver<T> stream;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private long sequence;
    private @Nullable String ended;

    FrameSender(CallStreamObserver<T> stream) {
        this.stream = stream;
    }

    /** The transport takes more. */
    void ready() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Sends the next frame.
     *
     * @param frame makes it, given its number
     * @throws IOException when the stream has ended
     */
    void send(LongFunction<T> frame) throws IOException, InterruptedException {
        lock.lockInterruptibly();
        try {
            while (ended == null && !stream.isReady()) {
                changed.await();
            }
            if (ended != null) {
                throw new IOException(ended);
            }
            stream.onNext(frame.apply(sequence++));
        } catch (IllegalStateException over) {
            throw new IOException("the stream is over: " + over.getMessage(), over);
        } finally {
            lock.unlock();
        }
    }

    /** Ends the direction in an orderly way. */
    void complete() {
        if (end("the stream was completed")) {
            stream.onCompleted();
        }
    }

    /** Ends the direction with an error that the other side sees. */
    void fail(Throwable status) {
        if (end(String.valueOf(status.getMessage()))) {
            stream.onError(status);
        }
    }

    /** The stream ended by itself: whoever waits to send learns it. */
    boolean end(String why) {
        lock.lock();
        try {
            if (ended != null) {
                return false;
            }
            ended = why;
            changed.signalAll();
            return true;
        } finally {
            lock.unlock();
        }
    }
}
