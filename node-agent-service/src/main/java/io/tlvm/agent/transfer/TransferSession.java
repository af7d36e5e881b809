package io.tlvm.agent.transfer;

import com.google.protobuf.ByteString;

import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.tlvm.agent.machine.MachineRefusal;
import io.tlvm.agent.machine.MachineRefused;
import io.tlvm.agent.migration.AttemptFailed;
import io.tlvm.agent.migration.Incoming;
import io.tlvm.node.v1.HalfClose;
import io.tlvm.node.v1.SealedStored;
import io.tlvm.node.v1.TransferAccepted;
import io.tlvm.node.v1.TransferLoaded;
import io.tlvm.node.v1.TransferOpen;
import io.tlvm.node.v1.TransferRequest;
import io.tlvm.node.v1.TransferResponse;
import io.tlvm.ownership.id.Digest;

import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * One channel at the target. The gRPC thread only hands frames over; a virtual thread does the
 * work.
 */
public final class TransferSession implements StreamObserver<TransferRequest> {
    private static final Logger LOG = Logger.getLogger(TransferSession.class);

    private final Supplier<TransferAdmission> admission;
    private final String caller;
    private final Function<MachineRefused, StatusRuntimeException> translate;
    private final FrameSender<TransferResponse> sender;
    private final FrameReceiver<TransferRequest> receiver;
    private final CompletableFuture<String> ended = new CompletableFuture<>();

    private TransferSession(
            Supplier<TransferAdmission> admission,
            String caller,
            Function<MachineRefused, StatusRuntimeException> translate,
            ServerCallStreamObserver<TransferResponse> responses) {
        this.admission = admission;
        this.caller = caller;
        this.translate = translate;
        this.sender = new FrameSender<>(responses);
        this.receiver = new FrameReceiver<>(responses::request, TransferRequest::getSequence);
    }

    /**
     * Serves one stream.
     *
     * @param admission asked for on the session's own thread, where it may be made
     * @param caller name of the node that opened it
     * @param translate makes the status of a refusal
     */
    public static StreamObserver<TransferRequest> serve(
            Supplier<TransferAdmission> admission,
            String caller,
            Function<MachineRefused, StatusRuntimeException> translate,
            ServerCallStreamObserver<TransferResponse> responses) {
        TransferSession session = new TransferSession(admission, caller, translate, responses);
        responses.disableAutoRequest();
        responses.setOnReadyHandler(session.sender::ready);
        responses.setOnCancelHandler(() -> session.over("the source left"));
        responses.request(FrameReceiver.WINDOW);
        Thread.ofVirtual().name("transfer-from-" + caller).start(session::run);
        return session;
    }

    @Override
    public void onNext(TransferRequest frame) {
        receiver.frame(frame);
    }

    @Override
    public void onError(Throwable failure) {
        over("the source ended the stream: " + failure.getMessage());
    }

    @Override
    public void onCompleted() {
        receiver.completed();
    }

    private void over(String why) {
        boolean unused = sender.end(why);
        receiver.broken(why);
        ended.complete(why);
    }

    private void run() {
        @Nullable Incoming attempt = null;
        try {
            Optional<TransferRequest> first = receiver.next();
            if (first.isEmpty() || !first.get().hasOpen()) {
                throw new IOException("the first frame opens no channel");
            }
            TransferOpen open = first.get().getOpen();
            attempt = admission.get().admit(open.getPlan(), caller);
            switch (open.getChannel()) {
                case CHANNEL_GUEST_STATE -> serveGuestState(attempt);
                case CHANNEL_MEMORY -> serveMemory(attempt);
                case CHANNEL_UNSPECIFIED, UNRECOGNIZED ->
                        throw new IOException("an unknown channel");
            }
        } catch (MachineRefused refused) {
            sender.fail(translate.apply(refused));
        } catch (AttemptFailed | IOException failed) {
            fail(attempt, String.valueOf(failed.getMessage()));
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    private void fail(@Nullable Incoming attempt, String why) {
        LOG.infof("a channel from %s ended: %s", caller, why);
        if (attempt != null) {
            sender.fail(
                    translate.apply(
                            new MachineRefusal.TransferFailed(why).of(attempt.plan().vm())));
        } else {
            sender.fail(io.grpc.Status.INVALID_ARGUMENT.withDescription(why).asRuntimeException());
        }
    }

    private void accept() throws IOException, InterruptedException {
        sender.send(
                number ->
                        TransferResponse.newBuilder()
                                .setSequence(number)
                                .setAccepted(TransferAccepted.getDefaultInstance())
                                .build());
    }

    private void serveGuestState(Incoming attempt)
            throws AttemptFailed, IOException, InterruptedException {
        accept();
        var unused =
                attempt.loaded()
                        .whenComplete(
                                (digest, failure) -> {
                                    if (digest != null) {
                                        Thread.ofVirtual()
                                                .name("loaded")
                                                .start(() -> sayLoaded(attempt, digest));
                                    } else if (failure != null) {
                                        fail(attempt, String.valueOf(failure.getMessage()));
                                    }
                                });
        Optional<TransferRequest> frame = receiver.next();
        while (frame.isPresent()) {
            if (!frame.get().hasSealed()) {
                throw new IOException("an unexpected frame " + frame.get().getFrameCase());
            }
            var piece = frame.get().getSealed();
            attempt.receive(piece.getKind(), piece.getCiphertext().toByteArray());
            sender.send(
                    number ->
                            TransferResponse.newBuilder()
                                    .setSequence(number)
                                    .setStored(SealedStored.newBuilder().setKind(piece.getKind()))
                                    .build());
            frame = receiver.next();
        }
        sender.complete();
    }

    private void sayLoaded(Incoming attempt, Digest digest) {
        try {
            sender.send(
                    number ->
                            TransferResponse.newBuilder()
                                    .setSequence(number)
                                    .setLoaded(
                                            TransferLoaded.newBuilder()
                                                    .setOpId(attempt.plan().op().value())
                                                    .setAttemptEpoch(
                                                            attempt.plan().attemptEpoch().value())
                                                    .setDigest(digest.value()))
                                    .build());
        } catch (IOException gone) {
            LOG.infof("LOADED was not told to %s: %s", caller, gone.getMessage());
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    private void serveMemory(Incoming attempt)
            throws AttemptFailed, IOException, InterruptedException {
        Path socket = attempt.beginReceiving();
        SocketChannel qemu = SocketChannel.open(StandardProtocolFamily.UNIX);
        Pump pump = new Pump(qemu, new MemoryLine());
        boolean pumping = false;
        try {
            qemu.connect(UnixDomainSocketAddress.of(socket));
            accept();
            pumping = true;
        } finally {
            if (!pumping) {
                pump.end("the target's QEMU was not reached");
            }
        }
        var unusedAttempt =
                attempt.loaded()
                        .whenComplete(
                                (digest, failure) -> {
                                    if (failure != null) {
                                        pump.end(String.valueOf(failure.getMessage()));
                                    }
                                });
        var unusedEnd = ended.thenAccept(pump::end);
        var unused =
                pump.ended()
                        .thenAccept(
                                why -> {
                                    if (why.isEmpty()) {
                                        sender.complete();
                                    } else {
                                        fail(attempt, why);
                                    }
                                });
        pump.start("memory-" + attempt.plan().vm());
    }

    private final class MemoryLine implements ByteLine {
        @Override
        public void data(ByteString bytes) throws IOException, InterruptedException {
            sender.send(
                    number ->
                            TransferResponse.newBuilder()
                                    .setSequence(number)
                                    .setData(bytes)
                                    .build());
        }

        @Override
        public void halfClose() throws IOException, InterruptedException {
            sender.send(
                    number ->
                            TransferResponse.newBuilder()
                                    .setSequence(number)
                                    .setHalfClose(HalfClose.getDefaultInstance())
                                    .build());
        }

        @Override
        public Optional<ByteString> next() throws IOException, InterruptedException {
            Optional<TransferRequest> frame = receiver.next();
            if (frame.isEmpty() || frame.get().hasHalfClose()) {
                return Optional.empty();
            }
            if (!frame.get().hasData()) {
                throw new IOException("an unexpected frame " + frame.get().getFrameCase());
            }
            return Optional.of(frame.get().getData());
        }
    }
}
