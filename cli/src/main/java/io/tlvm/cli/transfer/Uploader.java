package io.tlvm.cli.transfer;

import com.google.rpc.Code;

import io.grpc.StatusRuntimeException;
import io.tlvm.catalog.v1.GetUploadRequest;
import io.tlvm.catalog.v1.GetUploadResponse;
import io.tlvm.catalog.v1.UploadOpen;
import io.tlvm.cli.connect.Calls;
import io.tlvm.cli.connect.Pause;
import io.tlvm.cli.connect.Services;
import io.tlvm.cli.problem.Problem;
import io.tlvm.cli.problem.ProblemException;
import io.tlvm.cli.progress.Progress;
import io.tlvm.cli.progress.Update;
import io.tlvm.foundation.refusal.RefusalView;
import io.tlvm.type.v1.ErrorReason;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Brings content into the store. Goes on where an earlier attempt ended, of this run or of one
 * before.
 */
public final class Uploader {

    private static final int ATTEMPTS = 6;
    private static final Duration FIRST_DELAY = Duration.ofMillis(500);

    /**
     * The server reads large content again before it answers, so a long silence is normal at the
     * end.
     */
    private static final Duration STALL_BOUND = Duration.ofMinutes(15);

    private static final long LOOK_MILLIS = 200;

    private final Services services;
    private final Calls calls;
    private final Pause pause;
    private final Progress progress;

    /** Shows progress while it works. */
    public Uploader(Services services, Calls calls, Pause pause, Progress progress) {
        this.services = services;
        this.calls = calls;
        this.pause = pause;
        this.progress = progress;
    }

    /**
     * Returns when the store has verified the content.
     *
     * @param urn row of the marketplace that the content belongs to; empty for a plain file
     * @throws ProblemException when the store refuses it, or cannot be reached again and again
     */
    public void upload(LocalContent content, String urn) {
        Duration delay = FIRST_DELAY;
        for (int attempt = 1; ; attempt++) {
            GetUploadResponse kept =
                    calls.repeatable(
                            () ->
                                    services.content()
                                            .getUpload(
                                                    GetUploadRequest.newBuilder()
                                                            .setDigest(content.digest())
                                                            .build()));
            try {
                send(content, urn, kept);
                return;
            } catch (StatusRuntimeException broken) {
                if (attempt == ATTEMPTS || !mayGoOn(RefusalView.of(broken))) {
                    throw Calls.problem(broken);
                }
                pause.rest(calls.jittered(delay));
                delay = delay.multipliedBy(2);
            }
        }
    }

    /** The server may need a moment to see that the connection of the last attempt is gone. */
    private static boolean mayGoOn(RefusalView refusal) {
        boolean unavailable = refusal.code() == Code.UNAVAILABLE && refusal.retryable();
        return unavailable || refusal.reason() == ErrorReason.ERROR_REASON_OPERATION_IN_PROGRESS;
    }

    private void send(LocalContent content, String urn, GetUploadResponse kept) {
        // Also content that is complete is opened: that is how it is tied to a row of the
        // marketplace.
        long offset = kept.getComplete() ? content.sizeBytes() : kept.getOffsetBytes();
        var open =
                UploadOpen.newBuilder()
                        .setDigest(content.digest())
                        .setSizeBytes(content.sizeBytes())
                        .setFormat(content.format())
                        .setOffsetBytes(offset)
                        .setUrn(urn)
                        .build();
        try (var channel = FileChannel.open(content.file())) {
            var stream = new UploadStream(channel, open);
            services.contentStreams().uploadContent(stream);
            await(stream, content);
        } catch (IOException unreadable) {
            throw new ProblemException(
                    Problem.failed(
                            "cannot read " + content.file() + ": " + unreadable.getMessage(),
                            "check the file, then repeat"),
                    unreadable);
        }
    }

    private void await(UploadStream stream, LocalContent content) {
        String subject = String.valueOf(content.file().getFileName());
        long sent = -1;
        long moved = System.nanoTime();
        while (true) { // ends with the answer, or STALL_BOUND after the last byte moved
            if (stream.position() != sent) {
                sent = stream.position();
                moved = System.nanoTime();
            }
            String step = sent < content.sizeBytes() ? "UPLOAD" : "VERIFY";
            progress.show(new Update(subject, step, "", sent, content.sizeBytes()));
            try {
                var answer = stream.answer().get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
                if (!answer.getDigest().equals(content.digest())) {
                    throw new ProblemException(
                            Problem.integrity(
                                    "the store verified "
                                            + answer.getDigest()
                                            + ", this file is "
                                            + content.digest(),
                                    "find out who changed the content; do not use it"));
                }
                return;
            } catch (TimeoutException notYet) {
                if (System.nanoTime() - moved > STALL_BOUND.toNanos()) {
                    stream.cancel();
                    throw new ProblemException(
                            Problem.timeout(
                                    "the upload of " + subject + " does not move any more",
                                    "run the same command again: it goes on"),
                            notYet);
                }
            } catch (ExecutionException failed) {
                if (failed.getCause() instanceof StatusRuntimeException status) {
                    throw status;
                }
                throw new ProblemException(
                        Problem.failed(
                                "the upload of " + subject + " failed: " + failed.getCause(),
                                "run the same command again"),
                        failed);
            } catch (InterruptedException stop) {
                stream.cancel();
                Thread.currentThread().interrupt();
                throw new ProblemException(
                        Problem.failed(
                                "interrupted", "run the same command again: the upload goes on"),
                        stop);
            }
        }
    }
}
