package io.tlvm.agent.transfer;

import com.google.protobuf.ByteString;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.tlvm.agent.migration.TransferLink;
import io.tlvm.agent.migration.VerifiedPlan;
import io.tlvm.foundation.identity.TrustDomain;
import io.tlvm.foundation.refusal.RefusalView;
import io.tlvm.foundation.tls.ChannelFactory;
import io.tlvm.foundation.tls.HostPort;
import io.tlvm.node.v1.Channel;
import io.tlvm.node.v1.GuestStateTransferServiceGrpc;
import io.tlvm.node.v1.HalfClose;
import io.tlvm.node.v1.SealedGuestState;
import io.tlvm.node.v1.TransferOpen;
import io.tlvm.node.v1.TransferRequest;
import io.tlvm.node.v1.TransferResponse;
import io.tlvm.ownership.id.Digest;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Channels to other agents over gRPC with mutual TLS; the target must be the node that the plan
 * names.
 */
public final class GrpcTransferLink implements TransferLink {
    /** A stream ends with its attempt; this bounds one whose attempt was forgotten. */
    private static final Duration STREAM_MAX = Duration.ofHours(2);

    /** gRPC's 32 KiB would mean one wake-up of the sender for each frame. */
    private static final int READY_BELOW_BYTES = 1 << 20;

    private final ChannelFactory channels;
    private final TrustDomain trustDomain;

    /** Channels of this node's identity. */
    public GrpcTransferLink(ChannelFactory channels, TrustDomain trustDomain) {
        this.channels = channels;
        this.trustDomain = trustDomain;
    }

    @Override
    public GuestStateChannel openGuestState(VerifiedPlan plan, Duration limit)
            throws IOException, InterruptedException {
        return new PieceChannel(open(plan, Channel.CHANNEL_GUEST_STATE, limit), plan);
    }

    @Override
    public MemoryChannel openMemory(VerifiedPlan plan, Duration limit)
            throws IOException, InterruptedException {
        return new StreamChannel(open(plan, Channel.CHANNEL_MEMORY, limit), plan);
    }

    private Stream open(VerifiedPlan plan, Channel channel, Duration limit)
            throws IOException, InterruptedException {
        Stream stream = new Stream();
        var unused =
                GuestStateTransferServiceGrpc.newStub(
                                channels.channel(
                                        HostPort.parse(plan.targetAddress()),
                                        trustDomain.node(plan.target().value())))
                        .withDeadlineAfter(STREAM_MAX)
                        .withOnReadyThreshold(READY_BELOW_BYTES)
                        .transfer(stream);
        boolean accepted = false;
        try {
            stream.sender()
                    .send(
                            number ->
                                    TransferRequest.newBuilder()
                                            .setSequence(number)
                                            .setOpen(
                                                    TransferOpen.newBuilder()
                                                            .setChannel(channel)
                                                            .setPlan(plan.signed()))
                                            .build());
            TransferResponse first = stream.first(limit);
            if (!first.hasAccepted()) {
                throw new IOException("the target answered with a frame that accepts nothing");
            }
            accepted = true;
            return stream;
        } finally {
            if (!accepted) {
                stream.cancel("the channel was not accepted");
            }
        }
    }

    /** One call, as its client sees it. */
    private static final class Stream
            implements ClientResponseObserver<TransferRequest, TransferResponse> {
        private @Nullable FrameSender<TransferRequest> sender;
        private @Nullable ClientCallStreamObserver<TransferRequest> call;
        private @Nullable FrameReceiver<TransferResponse> receiver;
        private final CompletableFuture<String> ended = new CompletableFuture<>();

        @Override
        public void beforeStart(ClientCallStreamObserver<TransferRequest> requests) {
            call = requests;
            FrameSender<TransferRequest> frames = new FrameSender<>(requests);
            sender = frames;
            receiver = new FrameReceiver<>(requests::request, TransferResponse::getSequence);
            requests.disableAutoRequestWithInitial(FrameReceiver.WINDOW);
            requests.setOnReadyHandler(frames::ready);
        }

        FrameSender<TransferRequest> sender() {
            return begun(sender);
        }

        FrameReceiver<TransferResponse> receiver() {
            return begun(receiver);
        }

        private static <T> T begun(@Nullable T part) {
            if (part == null) {
                throw new IllegalStateException("gRPC did not start the call");
            }
            return part;
        }

        /**
         * The answer to `open`; read on another thread, because a wait for a frame has no limit of
         * its own.
         */
        TransferResponse first(Duration limit) throws IOException, InterruptedException {
            CompletableFuture<TransferResponse> first = new CompletableFuture<>();
            Thread.ofVirtual()
                    .name("transfer-open")
                    .start(
                            () -> {
                                try {
                                    receiver()
                                            .next()
                                            .ifPresentOrElse(
                                                    first::complete,
                                                    () ->
                                                            first.completeExceptionally(
                                                                    new IOException(
                                                                            "the target ended the"
                                                                                    + " stream")));
                                } catch (IOException refused) {
                                    first.completeExceptionally(refused);
                                } catch (InterruptedException stop) {
                                    Thread.currentThread().interrupt();
                                }
                            });
            return await(first, limit, "accept the channel");
        }

        @Override
        public void onNext(TransferResponse frame) {
            receiver().frame(frame);
        }

        @Override
        public void onError(Throwable failure) {
            over("the target ended the stream: " + RefusalView.of(failure).message());
        }

        @Override
        public void onCompleted() {
            boolean unused = sender().end("the target completed the stream");
            receiver().completed();
            ended.complete("");
        }

        private void over(String why) {
            boolean unused = sender().end(why);
            receiver().broken(why);
            ended.complete(why);
        }

        void cancel(String why) {
            begun(call).cancel(why, null);
            over(why);
        }
    }

    private static <T> T await(CompletableFuture<T> future, Duration limit, String what)
            throws IOException, InterruptedException {
        try {
            return future.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException failed) {
            Throwable cause = failed.getCause();
            throw new IOException(cause == null ? failed.getMessage() : cause.getMessage(), failed);
        } catch (TimeoutException late) {
            throw new IOException(
                    "the target did not " + what + " within " + limit.toSeconds() + " s", late);
        }
    }

    private static final class PieceChannel implements GuestStateChannel {
        private final Stream stream;
        private final VerifiedPlan plan;
        private final CompletableFuture<Digest> loaded = new CompletableFuture<>();
        private volatile CompletableFuture<SealedGuestState.Kind> stored =
                new CompletableFuture<>();

        PieceChannel(Stream stream, VerifiedPlan plan) {
            this.stream = stream;
            this.plan = plan;
            Thread.ofVirtual().name("guest-state-" + plan.vm()).start(this::read);
        }

        private void read() {
            try {
                Optional<TransferResponse> frame = stream.receiver().next();
                while (frame.isPresent()) {
                    take(frame.get());
                    frame = stream.receiver().next();
                }
                end("the target ended the channel of guest state");
            } catch (IOException broken) {
                end(String.valueOf(broken.getMessage()));
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
            }
        }

        private void take(TransferResponse frame) throws IOException {
            switch (frame.getFrameCase()) {
                case STORED -> stored.complete(frame.getStored().getKind());
                case LOADED -> {
                    var said = frame.getLoaded();
                    if (!said.getOpId().equals(plan.op().value())
                            || said.getAttemptEpoch() != plan.attemptEpoch().value()) {
                        throw new IOException("LOADED of another attempt");
                    }
                    loaded.complete(new Digest(said.getDigest()));
                }
                case ACCEPTED, DATA, HALF_CLOSE, FRAME_NOT_SET ->
                        throw new IOException("an unexpected frame " + frame.getFrameCase());
            }
        }

        private void end(String why) {
            loaded.completeExceptionally(new IOException(why));
            stored.completeExceptionally(new IOException(why));
        }

        @Override
        public synchronized void send(SealedGuestState.Kind kind, byte[] ciphertext, Duration limit)
                throws IOException, InterruptedException {
            CompletableFuture<SealedGuestState.Kind> answer = new CompletableFuture<>();
            stored = answer;
            if (loaded.isCompletedExceptionally()) {
                throw new IOException("the channel of guest state has ended");
            }
            stream.sender()
                    .send(
                            number ->
                                    TransferRequest.newBuilder()
                                            .setSequence(number)
                                            .setSealed(
                                                    SealedGuestState.newBuilder()
                                                            .setKind(kind)
                                                            .setCiphertext(
                                                                    ByteString.copyFrom(
                                                                            ciphertext)))
                                            .build());
            if (await(answer, limit, "store a sealed piece") != kind) {
                throw new IOException("the target stored another piece");
            }
        }

        @Override
        public CompletionStage<Digest> loaded() {
            return loaded;
        }

        @Override
        public void close() {
            stream.cancel("closed by the source");
        }
    }

    private static final class StreamChannel implements MemoryChannel, ByteLine {
        private final Stream stream;
        private final VerifiedPlan plan;
        private volatile @Nullable Pump pump;

        StreamChannel(Stream stream, VerifiedPlan plan) {
            this.stream = stream;
            this.plan = plan;
        }

        @Override
        public void pump(SocketChannel qemu) {
            Pump started = new Pump(qemu, this);
            pump = started;
            var unusedEnd =
                    stream.ended.thenAccept(
                            why -> {
                                if (!why.isEmpty()) {
                                    started.end(why);
                                }
                            });
            var unused =
                    started.ended()
                            .thenAccept(
                                    why -> {
                                        if (why.isEmpty()) {
                                            stream.sender().complete();
                                        } else {
                                            stream.cancel(why);
                                        }
                                    });
            started.start("memory-" + plan.vm());
        }

        @Override
        public CompletionStage<String> ended() {
            return stream.ended;
        }

        @Override
        public void data(ByteString bytes) throws IOException, InterruptedException {
            stream.sender()
                    .send(
                            number ->
                                    TransferRequest.newBuilder()
                                            .setSequence(number)
                                            .setData(bytes)
                                            .build());
        }

        @Override
        public void halfClose() throws IOException, InterruptedException {
            stream.sender()
                    .send(
                            number ->
                                    TransferRequest.newBuilder()
                                            .setSequence(number)
                                            .setHalfClose(HalfClose.getDefaultInstance())
                                            .build());
        }

        @Override
        public Optional<ByteString> next() throws IOException, InterruptedException {
            Optional<TransferResponse> frame = stream.receiver().next();
            if (frame.isEmpty() || frame.get().hasHalfClose()) {
                return Optional.empty();
            }
            if (!frame.get().hasData()) {
                throw new IOException("an unexpected frame " + frame.get().getFrameCase());
            }
            return Optional.of(frame.get().getData());
        }

        @Override
        public void close() {
            Pump running = pump;
            if (running != null) {
                running.end("closed by the source");
            }
            stream.cancel("closed by the source");
        }
    }
}
