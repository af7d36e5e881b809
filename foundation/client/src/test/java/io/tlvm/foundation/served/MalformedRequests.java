package io.tlvm.foundation.served;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.rpc.BadRequest.FieldViolation;
import com.google.rpc.Code;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.tlvm.foundation.refusal.RefusalView;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Sends nonsense to every RPC of a running server. Each has to answer INVALID_ARGUMENT and to name
 * every field of its request, or the field stands in a list with a reason.
 */
public final class MalformedRequests {
    private static final long ANSWER_SECONDS = 30;

    /** What a server once gave, and looks up: no rule says what it looks like. */
    private static final Set<String> GIVEN_BY_THE_SERVER =
            Set.of("page_token", "resume_token", "etag");

    private final List<Channel> callers;
    private final Set<String> anythingGoes;

    /**
     * @param callers clients with different identities; each RPC admits at least one of them
     * @param anythingGoes full names of requests without a field, and of fields that take any value
     */
    public MalformedRequests(List<Channel> callers, Set<String> anythingGoes) {
        this.callers = callers;
        this.anythingGoes = anythingGoes;
    }

    /** What is wrong with the answers, one line each; empty when all is well. */
    public List<String> complaints() {
        Set<String> unused = new TreeSet<>(anythingGoes);
        List<String> complaints = new ArrayList<>();
        for (MethodDescriptor rpc : ServedRpcs.of(callers.getFirst())) {
            if (anythingGoes.contains(rpc.getInputType().getFullName())) {
                unused.remove(rpc.getInputType().getFullName());
                if (!rpc.getInputType().getFields().isEmpty()) {
                    complaints.add(rpc.getFullName() + " is excused, but its request has fields");
                }
                continue;
            }
            complaints.addAll(complaints(rpc, unused));
        }
        unused.forEach(name -> complaints.add(name + " is excused, but nothing asks for it"));
        return complaints;
    }

    private List<String> complaints(MethodDescriptor rpc, Set<String> unused) {
        RefusalView answer = answer(rpc);
        if (answer.code() != Code.INVALID_ARGUMENT || answer.violations().isEmpty()) {
            return List.of(
                    rpc.getFullName() + " answered " + answer.code() + ": " + answer.message());
        }
        List<String> silent = new ArrayList<>();
        for (var field : rpc.getInputType().getFields()) {
            boolean named =
                    answer.violations().stream()
                            .map(FieldViolation::getField)
                            .anyMatch(path -> path.split("[.\\[]", 2)[0].equals(field.getName()));
            if (named || GIVEN_BY_THE_SERVER.contains(field.getName())) {
                continue;
            }
            if (anythingGoes.contains(field.getFullName())) {
                unused.remove(field.getFullName());
            } else if (field.getJavaType() != JavaType.BOOLEAN
                    && field.getContainingOneof() == null) {
                silent.add(rpc.getFullName() + " says nothing of " + field.getFullName());
            }
        }
        return silent;
    }

    /** Of the first caller whom the RPC admits. */
    private RefusalView answer(MethodDescriptor rpc) {
        List<RefusalView> denials = new ArrayList<>();
        for (Channel caller : callers) {
            RefusalView answer = call(caller, rpc);
            if (answer.code() != Code.PERMISSION_DENIED) {
                return answer;
            }
            denials.add(answer);
        }
        return denials.getFirst();
    }

    private static RefusalView call(Channel channel, MethodDescriptor rpc) {
        var method =
                io.grpc.MethodDescriptor.<DynamicMessage, DynamicMessage>newBuilder()
                        // On the wire a unary call is a stream of one message.
                        .setType(MethodType.BIDI_STREAMING)
                        .setFullMethodName(rpc.getService().getFullName() + "/" + rpc.getName())
                        .setRequestMarshaller(marshaller(rpc.getInputType()))
                        .setResponseMarshaller(marshaller(rpc.getOutputType()))
                        .build();
        var answer = new CompletableFuture<DynamicMessage>();
        var call =
                channel.newCall(
                        method,
                        CallOptions.DEFAULT.withDeadlineAfter(ANSWER_SECONDS, TimeUnit.SECONDS));
        StreamObserver<DynamicMessage> requests =
                ClientCalls.asyncBidiStreamingCall(call, Replies.into(answer));
        requests.onNext(Nonsense.of(rpc.getInputType()));
        requests.onCompleted();
        try {
            throw new AssertionError(
                    rpc.getFullName()
                            + " took nonsense: "
                            + answer.get(ANSWER_SECONDS, TimeUnit.SECONDS));
        } catch (ExecutionException refused) {
            return RefusalView.of(refused);
        } catch (TimeoutException | InterruptedException noAnswer) {
            throw new AssertionError(rpc.getFullName() + " does not answer", noAnswer);
        }
    }

    private static io.grpc.MethodDescriptor.Marshaller<DynamicMessage> marshaller(Descriptor type) {
        return ProtoUtils.marshaller(DynamicMessage.getDefaultInstance(type));
    }
}
