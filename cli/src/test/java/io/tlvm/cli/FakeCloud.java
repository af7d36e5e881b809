package io.tlvm.cli;

import com.google.longrunning.CancelOperationRequest;
import com.google.longrunning.GetOperationRequest;
import com.google.longrunning.ListOperationsRequest;
import com.google.longrunning.ListOperationsResponse;
import com.google.longrunning.Operation;
import com.google.longrunning.OperationsGrpc;
import com.google.longrunning.WaitOperationRequest;
import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Empty;

import io.grpc.Server;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.tlvm.catalog.v1.CreateImageRequest;
import io.tlvm.catalog.v1.CreateImageVersionRequest;
import io.tlvm.catalog.v1.GetImageRequest;
import io.tlvm.catalog.v1.GetImageVersionRequest;
import io.tlvm.catalog.v1.GetUploadRequest;
import io.tlvm.catalog.v1.GetUploadResponse;
import io.tlvm.catalog.v1.Image;
import io.tlvm.catalog.v1.ImageBlobServiceGrpc;
import io.tlvm.catalog.v1.ImageCatalogServiceGrpc;
import io.tlvm.catalog.v1.ImageStoreServiceGrpc;
import io.tlvm.catalog.v1.ImageVersion;
import io.tlvm.catalog.v1.ReadContentRequest;
import io.tlvm.catalog.v1.ReadContentResponse;
import io.tlvm.catalog.v1.SignedImageStatement;
import io.tlvm.catalog.v1.UploadContentRequest;
import io.tlvm.catalog.v1.UploadContentResponse;
import io.tlvm.compute.v1.CreateVirtualMachineRequest;
import io.tlvm.compute.v1.DeleteVirtualMachineRequest;
import io.tlvm.compute.v1.GetVirtualMachineRequest;
import io.tlvm.compute.v1.ListVirtualMachinesRequest;
import io.tlvm.compute.v1.ListVirtualMachinesResponse;
import io.tlvm.compute.v1.MigrateVirtualMachineRequest;
import io.tlvm.compute.v1.StartVirtualMachineRequest;
import io.tlvm.compute.v1.VirtualMachine;
import io.tlvm.compute.v1.VirtualMachineOperationMetadata;
import io.tlvm.compute.v1.VirtualMachineServiceGrpc;
import io.tlvm.compute.v1.WatchServiceGrpc;
import io.tlvm.compute.v1.WatchVirtualMachinesRequest;
import io.tlvm.compute.v1.WatchVirtualMachinesResponse;
import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.foundation.refusal.Refusal;
import io.tlvm.foundation.tls.PkiDirectory;
import io.tlvm.foundation.tls.TestPki;
import io.tlvm.type.v1.ErrorReason;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Both services on loopback over mutual TLS, with the real contracts and answers that a test
 * scripts.
 */
final class FakeCloud implements AutoCloseable {

    private static final int CHUNK = 256 * 1024;
    static final String DOMAIN = "tlvm.local";
    static final String OPERATION =
            "projects/default/operations/compute-0d6f6a6e-3d5f-4c1a-9f3b-5a7c1f0c0001";

    final Path pki;
    final TestPki authority;
    final FakeNodes nodes = new FakeNodes();
    final FakeAudit audit = new FakeAudit();
    final FakeGuestStates guestStates = new FakeGuestStates();
    final List<CreateVirtualMachineRequest> creates = new CopyOnWriteArrayList<>();
    final List<MigrateVirtualMachineRequest> migrates = new CopyOnWriteArrayList<>();
    final List<DeleteVirtualMachineRequest> deletes = new CopyOnWriteArrayList<>();
    final List<CreateImageRequest> images = new CopyOnWriteArrayList<>();
    final List<CreateImageVersionRequest> published = new CopyOnWriteArrayList<>();
    final List<String> watchTokens = new CopyOnWriteArrayList<>();
    final List<Long> uploadOffsets = new CopyOnWriteArrayList<>();
    final Map<String, ByteArrayOutputStream> uploads = new ConcurrentHashMap<>();

    /** Answers of the next create calls, before the normal one. */
    final Queue<Throwable> createFailures = new ConcurrentLinkedQueue<>();

    /** What WaitOperation answers, one after the other; the last stays. */
    final Queue<Operation> steps = new ConcurrentLinkedQueue<>();

    volatile List<VirtualMachine> machines = List.of();

    /** The next upload breaks after so many bytes; negative for never. */
    volatile int breakUploadAfter = -1;

    private final Queue<AutoCloseable> open = new ArrayDeque<>();
    private final Server catalog;
    private final Server compute;

    FakeCloud(Path directory) {
        authority = new TestPki("test");
        pki = authority.issue(directory.resolve("user"), "spiffe://" + DOMAIN + "/user/alice");
        catalog =
                serve(
                        authority.issue(
                                directory.resolve("catalog"),
                                "spiffe://" + DOMAIN + "/svc/image-catalog-service"),
                        new Marketplace(),
                        new Images(),
                        new Blobs(),
                        new Operations());
        compute =
                serve(
                        authority.issue(
                                directory.resolve("compute"),
                                "spiffe://" + DOMAIN + "/svc/vm-service"),
                        new Machines(),
                        nodes,
                        audit,
                        guestStates,
                        new Watch(),
                        new Operations());
    }

    private Server serve(Path identity, io.grpc.BindableService... services) {
        try {
            var files = PkiDirectory.open(identity);
            open.add(files);
            var tls =
                    GrpcSslContexts.configure(
                                    SslContextBuilder.forServer(files.keyManager())
                                            .trustManager(files.trustManager())
                                            .clientAuth(ClientAuth.REQUIRE)
                                            .protocols("TLSv1.3"),
                                    SslProvider.JDK)
                            .build();
            var builder =
                    NettyServerBuilder.forAddress(
                                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                            .sslContext(tls);
            for (var service : services) {
                builder.addService(service);
            }
            return builder.build().start();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    Map<String, String> environment(Path home) {
        return Map.of(
                "TLVM_CATALOG",
                "127.0.0.1:" + catalog.getPort(),
                "TLVM_COMPUTE",
                "127.0.0.1:" + compute.getPort(),
                "TLVM_PKI",
                pki.toString(),
                "TLVM_CONFIG",
                home.resolve("config.yaml").toString());
    }

    String catalogAddress() {
        return "127.0.0.1:" + catalog.getPort();
    }

    /** What arrived for a digest; empty when nothing did. */
    byte[] kept(String digest) {
        return uploads.getOrDefault(digest, new ByteArrayOutputStream()).toByteArray();
    }

    static Operation running(String step, String message) {
        return Operation.newBuilder()
                .setName(OPERATION)
                .setMetadata(
                        Any.pack(
                                VirtualMachineOperationMetadata.newBuilder()
                                        .setTarget("projects/default/virtualMachines/web01")
                                        .setVerb("create")
                                        .setStep(step)
                                        .setMessage(message)
                                        .build()))
                .build();
    }

    static Operation succeeded(VirtualMachine vm) {
        return running("DONE", "").toBuilder().setDone(true).setResponse(Any.pack(vm)).build();
    }

    static Operation failed(Refusal refusal) {
        return running("PLACE", "").toBuilder().setDone(true).setError(refusal.asStatus()).build();
    }

    @Override
    public void close() throws Exception {
        catalog.shutdownNow().awaitTermination();
        compute.shutdownNow().awaitTermination();
        for (AutoCloseable resource : open) {
            resource.close();
        }
    }

    private static <T> void answer(StreamObserver<T> observer, T item) {
        observer.onNext(item);
        observer.onCompleted();
    }

    private final class Machines extends VirtualMachineServiceGrpc.VirtualMachineServiceImplBase {
        @Override
        public void createVirtualMachine(
                CreateVirtualMachineRequest request, StreamObserver<Operation> observer) {
            creates.add(request);
            Throwable failure = createFailures.poll();
            if (failure != null) {
                observer.onError(failure);
            } else {
                answer(observer, running("RESOLVE_IMAGE", "resolving the image"));
            }
        }

        @Override
        public void startVirtualMachine(
                StartVirtualMachineRequest request, StreamObserver<Operation> observer) {
            answer(observer, running("START", "starting"));
        }

        @Override
        public void migrateVirtualMachine(
                MigrateVirtualMachineRequest request, StreamObserver<Operation> observer) {
            migrates.add(request);
            answer(observer, running("PREPARE_TARGET", "preparing the target"));
        }

        @Override
        public void deleteVirtualMachine(
                DeleteVirtualMachineRequest request, StreamObserver<Operation> observer) {
            deletes.add(request);
            answer(observer, running("DELETE", "deleting"));
        }

        @Override
        public void getVirtualMachine(
                GetVirtualMachineRequest request, StreamObserver<VirtualMachine> observer) {
            machines.stream()
                    .filter(vm -> vm.getName().equals(request.getName()))
                    .findFirst()
                    .ifPresentOrElse(
                            vm -> answer(observer, vm),
                            () ->
                                    observer.onError(
                                            Refusal.of(
                                                            ErrorReason.ERROR_REASON_VM_NOT_FOUND,
                                                            ErrorDomain.COMPUTE)
                                                    .what("there is no VM %s", request.getName())
                                                    .asException()));
        }

        /** Pages of one, so that the client has to follow tokens. */
        @Override
        public void listVirtualMachines(
                ListVirtualMachinesRequest request,
                StreamObserver<ListVirtualMachinesResponse> observer) {
            int at =
                    request.getPageToken().isEmpty() ? 0 : Integer.parseInt(request.getPageToken());
            var page = ListVirtualMachinesResponse.newBuilder();
            if (at < machines.size()) {
                page.addVirtualMachines(machines.get(at));
            }
            answer(
                    observer,
                    page.setNextPageToken(at + 1 < machines.size() ? Integer.toString(at + 1) : "")
                            .build());
        }
    }

    /** Breaks off after each event. */
    private final class Watch extends WatchServiceGrpc.WatchServiceImplBase {
        @Override
        public void watchVirtualMachines(
                WatchVirtualMachinesRequest request,
                StreamObserver<WatchVirtualMachinesResponse> observer) {
            watchTokens.add(request.getResumeToken());
            int at =
                    request.getResumeToken().isEmpty()
                            ? 0
                            : Integer.parseInt(request.getResumeToken());
            observer.onNext(
                    WatchVirtualMachinesResponse.newBuilder()
                            .setType(WatchVirtualMachinesResponse.Type.TYPE_MODIFIED)
                            .setVirtualMachine(machines.get(at % machines.size()))
                            .setResumeToken(Integer.toString(at + 1))
                            .build());
            observer.onError(
                    io.grpc.Status.UNAVAILABLE.withDescription("rollout").asRuntimeException());
        }
    }

    private final class Operations extends OperationsGrpc.OperationsImplBase {
        @Override
        public void waitOperation(
                WaitOperationRequest request, StreamObserver<Operation> observer) {
            Operation next = steps.size() > 1 ? steps.poll() : steps.peek();
            answer(observer, next == null ? running("RUNNING", "") : next);
        }

        @Override
        public void getOperation(GetOperationRequest request, StreamObserver<Operation> observer) {
            answer(observer, running("RUNNING", ""));
        }

        @Override
        public void cancelOperation(
                CancelOperationRequest request, StreamObserver<Empty> observer) {
            answer(observer, Empty.getDefaultInstance());
        }

        @Override
        public void listOperations(
                ListOperationsRequest request, StreamObserver<ListOperationsResponse> observer) {
            answer(
                    observer,
                    ListOperationsResponse.newBuilder()
                            .addOperations(running("RUNNING", ""))
                            .build());
        }
    }

    private final class Images extends ImageStoreServiceGrpc.ImageStoreServiceImplBase {
        @Override
        public void getImage(GetImageRequest request, StreamObserver<Image> observer) {
            String digest = uploads.keySet().iterator().next();
            answer(
                    observer,
                    Image.newBuilder()
                            .setName(request.getName())
                            .setDigest(digest)
                            .setSizeBytes(kept(digest).length)
                            .build());
        }

        @Override
        public void createImage(CreateImageRequest request, StreamObserver<Operation> observer) {
            images.add(request);
            answer(
                    observer,
                    Operation.newBuilder()
                            .setName(
                                    "projects/default/operations/catalog-0d6f6a6e-3d5f-4c1a-9f3b-5a7c1f0c0002")
                            .setDone(true)
                            .setResponse(
                                    Any.pack(
                                            Image.newBuilder()
                                                    .setName(
                                                            request.getParent()
                                                                    + "/images/"
                                                                    + request.getImageId())
                                                    .setDigest(request.getUploadedDigest())
                                                    .build()))
                            .build());
        }
    }

    private final class Marketplace extends ImageCatalogServiceGrpc.ImageCatalogServiceImplBase {
        @Override
        public void createImageVersion(
                CreateImageVersionRequest request, StreamObserver<ImageVersion> observer) {
            published.add(request);
            answer(observer, version());
        }

        @Override
        public void getImageVersion(
                GetImageVersionRequest request, StreamObserver<ImageVersion> observer) {
            answer(observer, version());
        }

        private ImageVersion version() {
            try {
                var statement = SignedImageStatement.parseFrom(published.getLast().getStatement());
                return ImageVersion.newBuilder()
                        .setUrn(statement.getUrn())
                        .setDigest(statement.getDigest())
                        .build();
            } catch (IOException damaged) {
                throw new UncheckedIOException(damaged);
            }
        }
    }

    private final class Blobs extends ImageBlobServiceGrpc.ImageBlobServiceImplBase {
        @Override
        public void getUpload(
                GetUploadRequest request, StreamObserver<GetUploadResponse> observer) {
            var kept = uploads.get(request.getDigest());
            answer(
                    observer,
                    GetUploadResponse.newBuilder()
                            .setOffsetBytes(kept == null ? 0 : kept.size())
                            .build());
        }

        @Override
        public void readContent(
                ReadContentRequest request, StreamObserver<ReadContentResponse> observer) {
            byte[] all = kept(request.getDigest());
            for (int at = (int) request.getOffsetBytes(); at < all.length; at += CHUNK) {
                observer.onNext(
                        ReadContentResponse.newBuilder()
                                .setChunk(
                                        ByteString.copyFrom(
                                                all, at, Math.min(CHUNK, all.length - at)))
                                .build());
            }
            observer.onCompleted();
        }

        @Override
        public StreamObserver<UploadContentRequest> uploadContent(
                StreamObserver<UploadContentResponse> observer) {
            return new StreamObserver<>() {
                private ByteArrayOutputStream kept = new ByteArrayOutputStream();
                private boolean broken;

                @Override
                public void onNext(UploadContentRequest part) {
                    if (part.hasOpen()) {
                        uploadOffsets.add(part.getOpen().getOffsetBytes());
                        kept =
                                uploads.computeIfAbsent(
                                        part.getOpen().getDigest(),
                                        digest -> new ByteArrayOutputStream());
                        return;
                    }
                    if (!broken) {
                        kept.writeBytes(part.getChunk().toByteArray());
                        if (breakUploadAfter >= 0 && kept.size() > breakUploadAfter) {
                            breakUploadAfter = -1;
                            broken = true;
                            observer.onError(
                                    io.grpc.Status.UNAVAILABLE
                                            .withDescription("cut")
                                            .asRuntimeException());
                        }
                    }
                }

                @Override
                public void onError(Throwable thrown) {
                    broken = true;
                }

                @Override
                public void onCompleted() {
                    if (!broken) {
                        answer(
                                observer,
                                UploadContentResponse.newBuilder()
                                        .setDigest(digest(kept.toByteArray()))
                                        .setSizeBytes(kept.size())
                                        .build());
                    }
                }
            };
        }
    }

    static String digest(byte[] bytes) {
        try {
            return "sha256:"
                    + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException everyJdkHasIt) {
            throw new IllegalStateException(everyJdkHasIt);
        }
    }
}
