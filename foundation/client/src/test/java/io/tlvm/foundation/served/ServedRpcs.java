package io.tlvm.foundation.served;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;

import io.grpc.Channel;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.StreamObserver;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * What a server serves, by its own word (gRPC server reflection): nobody has to remember to add a
 * new RPC here. The services of gRPC itself are left out.
 */
public final class ServedRpcs {
    private static final long ANSWER_SECONDS = 30;

    private final Channel channel;
    private final Map<String, FileDescriptorProto> files = new HashMap<>();
    private final Map<String, FileDescriptor> linked = new HashMap<>();

    private ServedRpcs(Channel channel) {
        this.channel = channel;
    }

    /** Every RPC, in the order in which the server lists its services. */
    public static List<MethodDescriptor> of(Channel channel) {
        var served = new ServedRpcs(channel);
        List<MethodDescriptor> rpcs = new ArrayList<>();
        for (String service : services(channel)) {
            if (!service.startsWith("grpc.")) {
                rpcs.addAll(served.methods(service));
            }
        }
        return rpcs;
    }

    /** Full names of all services, those of gRPC itself too. */
    public static List<String> services(Channel channel) {
        return ask(channel, ServerReflectionRequest.newBuilder().setListServices("*").build())
                .getListServicesResponse()
                .getServiceList()
                .stream()
                .map(ServiceResponse::getName)
                .toList();
    }

    private List<MethodDescriptor> methods(String service) {
        keep(ServerReflectionRequest.newBuilder().setFileContainingSymbol(service).build());
        String file =
                files.values().stream()
                        .filter(one -> declares(one, service))
                        .findFirst()
                        .orElseThrow(() -> new AssertionError("no file declares " + service))
                        .getName();
        return link(file)
                .findServiceByName(service.substring(service.lastIndexOf('.') + 1))
                .getMethods();
    }

    private static boolean declares(FileDescriptorProto file, String service) {
        return file.getServiceList().stream()
                .anyMatch(one -> (file.getPackage() + "." + one.getName()).equals(service));
    }

    private FileDescriptor link(String name) {
        FileDescriptor known = linked.get(name);
        if (known != null) {
            return known;
        }
        if (!files.containsKey(name)) {
            keep(ServerReflectionRequest.newBuilder().setFileByFilename(name).build());
        }
        FileDescriptorProto file = files.get(name);
        if (file == null) {
            throw new AssertionError("the server does not tell " + name);
        }
        FileDescriptor[] dependencies =
                file.getDependencyList().stream().map(this::link).toArray(FileDescriptor[]::new);
        try {
            FileDescriptor built = FileDescriptor.buildFrom(file, dependencies);
            linked.put(name, built);
            return built;
        } catch (DescriptorValidationException broken) {
            throw new AssertionError("the server tells a broken " + name, broken);
        }
    }

    private void keep(ServerReflectionRequest question) {
        ServerReflectionResponse answer = ask(channel, question);
        if (answer.hasErrorResponse()) {
            throw new AssertionError(question + " was answered with " + answer.getErrorResponse());
        }
        for (ByteString bytes : answer.getFileDescriptorResponse().getFileDescriptorProtoList()) {
            try {
                FileDescriptorProto file = FileDescriptorProto.parseFrom(bytes);
                files.put(file.getName(), file);
            } catch (InvalidProtocolBufferException broken) {
                throw new AssertionError("no file descriptor", broken);
            }
        }
    }

    private static ServerReflectionResponse ask(Channel channel, ServerReflectionRequest question) {
        var first = new CompletableFuture<ServerReflectionResponse>();
        StreamObserver<ServerReflectionRequest> questions =
                ServerReflectionGrpc.newStub(channel)
                        .withDeadlineAfter(ANSWER_SECONDS, TimeUnit.SECONDS)
                        .serverReflectionInfo(Replies.into(first));
        questions.onNext(question);
        questions.onCompleted();
        try {
            return first.get(ANSWER_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException | InterruptedException noAnswer) {
            throw new AssertionError("reflection does not answer", noAnswer);
        }
    }
}
