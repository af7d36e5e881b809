package io.tlvm.agent.transfer;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntConsumer;
import java.util.function.ToLongFunction;

/**
 * One direction out of a gRPC stream. At most {@link #WINDOW} frames are asked for ahead, more only
 * when some were taken, so a slow reader holds the sender back and not the memory.
 *
 * @param <T> type of the frames
 */
final class FrameReceiver<T> {
    /**
     * Frames on the way or waiting, of at most 256 KiB of bytes or one sealed piece each. A frame
     * passes five threads of two processes: with few of them under way a busy host would be waited
     * for more than worked on.
     */
    static final int WINDOW = 16;

    /** Asking for each frame by itself would be one more wake-up of the transport per frame. */
    private static final int ASK_FOR = WINDOW / 4;

    private sealed interface Item<T> {
        record Frame<T>(T frame) implements Item<T> {}

        record Completed<T>() implements Item<T> {}

        record Broken<T>(String why) implements Item<T> {}
    }

    private final BlockingQueue<Item<T>> items = new ArrayBlockingQueue<>(WINDOW + 2);
    private final IntConsumer request;
    private final ToLongFunction<T> sequenceOf;
    private final AtomicBoolean over = new AtomicBoolean();
    private long expected;

    /**
     * @param request asks the transport for so many more frames; for the first {@link #WINDOW} the
     *     caller has asked
     */
    FrameReceiver(IntConsumer request, ToLongFunction<T> sequenceOf) {
        this.request = request;
        this.sequenceOf = sequenceOf;
    }

    void frame(T frame) {
        if (!items.offer(new Item.Frame<>(frame))) {
            broken("the other side sent more than it was asked for");
        }
    }

    void completed() {
        end(new Item.Completed<>());
    }

    void broken(String why) {
        end(new Item.Broken<>(why));
    }

    private void end(Item<T> last) {
        if (over.compareAndSet(false, true) && !items.offer(last)) {
            items.clear();
            boolean unused = items.offer(last);
        }
    }

    /**
     * The next frame; empty when the other side completed the stream.
     *
     * @throws IOException when the stream broke, or a frame is missing
     */
    Optional<T> next() throws IOException, InterruptedException {
        Item<T> item = items.take();
        return switch (item) {
            case Item.Frame<T>(T frame) -> {
                if (sequenceOf.applyAsLong(frame) != expected) {
                    throw new IOException(
                            "frame %d came in place of frame %d"
                                    .formatted(sequenceOf.applyAsLong(frame), expected));
                }
                expected++;
                if (expected % ASK_FOR == 0) {
                    request.accept(ASK_FOR);
                }
                yield Optional.of(frame);
            }
            case Item.Completed<T>() -> {
                items.add(item);
                yield Optional.empty();
            }
            case Item.Broken<T>(String why) -> {
                items.add(item);
                throw new IOException(why);
            }
        };
    }
}
