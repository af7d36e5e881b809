package io.tlvm.foundation.operation;

import com.google.longrunning.CancelOperationRequest;
import com.google.longrunning.DeleteOperationRequest;
import com.google.longrunning.GetOperationRequest;
import com.google.longrunning.ListOperationsRequest;
import com.google.longrunning.ListOperationsResponse;
import com.google.longrunning.Operation;
import com.google.longrunning.OperationsGrpc;
import com.google.longrunning.WaitOperationRequest;
import com.google.protobuf.Empty;

import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.foundation.refusal.Refusal;
import io.tlvm.foundation.request.CallThread;
import io.tlvm.foundation.request.FieldViolations;
import io.tlvm.foundation.request.PageTokens;
import io.tlvm.type.v1.ErrorReason;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * google.longrunning.Operations over an {@link OperationStore}. A service registers it by a class
 * of a few lines, because Quarkus wants {@code @GrpcService} on a class of the application that has
 * one:
 *
 * <pre>
 * &#64;GrpcService
 * class Operations extends OperationsEndpoint {
 *     Operations(OperationStore store, ErrorDomain domain) { super(store, domain); }
 * }
 * </pre>
 *
 * The store blocks, so each call moves to a virtual thread by itself; no annotation is needed.
 */
public class OperationsEndpoint extends OperationsGrpc.OperationsImplBase {

    /** The longest a single WaitOperation lasts; clients repeat it. */
    private static final Duration WAIT_MAX = Duration.ofSeconds(30);

    /** A waiting call looks this often; operations take seconds at least. */
    private static final Duration LOOK_EVERY = Duration.ofMillis(250);

    private static final Pattern PARENT =
            Pattern.compile("projects/([a-z](?:[a-z0-9-]{0,61}[a-z0-9])?)(?:/operations)?");
    private static final Pattern TERM =
            Pattern.compile(
                    "\\s*(?:(done)\\s*=\\s*(true|false)|(?:metadata\\.)?target\\s*=\\s*\"([^\"\\\\]*)\")\\s*");

    private final OperationStore store;
    private final ErrorDomain domain;
    private final PageTokens pages;

    /** Serves the operations in {@code store}. */
    public OperationsEndpoint(OperationStore store, ErrorDomain domain) {
        this.store = store;
        this.domain = domain;
        this.pages = new PageTokens(domain);
    }

    @Override
    public void getOperation(GetOperationRequest request, StreamObserver<Operation> answer) {
        CallThread.to(answer, () -> existing(request.getName()).toProto());
    }

    @Override
    public void cancelOperation(CancelOperationRequest request, StreamObserver<Empty> answer) {
        CallThread.to(
                answer,
                () -> {
                    if (!store.requestCancel(name(request.getName()))) {
                        throw notFound(request.getName());
                    }
                    return Empty.getDefaultInstance();
                });
    }

    @Override
    public void deleteOperation(DeleteOperationRequest request, StreamObserver<Empty> answer) {
        CallThread.to(
                answer,
                () -> {
                    OperationRecord operation = existing(request.getName());
                    if (!operation.state().done()) {
                        throw Refusal.of(ErrorReason.ERROR_REASON_INVALID_STATE, domain)
                                .what(
                                        "operation %s is %s; only a finished one can be deleted",
                                        operation.name(), operation.state())
                                .fix("cancel it or wait for its end")
                                .with("current", operation.state())
                                .with("required", "done")
                                .with("verb", "delete")
                                .asException();
                    }
                    store.delete(operation.name());
                    return Empty.getDefaultInstance();
                });
    }

    @Override
    public void waitOperation(WaitOperationRequest request, StreamObserver<Operation> answer) {
        Duration wanted =
                request.hasTimeout()
                        ? Duration.ofSeconds(
                                request.getTimeout().getSeconds(), request.getTimeout().getNanos())
                        : WAIT_MAX;
        Context call = Context.current();
        CallThread.to(
                answer,
                () ->
                        awaitEnd(
                                        request.getName(),
                                        wanted.compareTo(WAIT_MAX) < 0 ? wanted : WAIT_MAX,
                                        call)
                                .toProto());
    }

    @Override
    public void listOperations(
            ListOperationsRequest request, StreamObserver<ListOperationsResponse> answer) {
        CallThread.to(
                answer,
                () -> {
                    OperationStore.Query query = query(request);
                    List<OperationRecord> found = store.list(query);
                    boolean more = found.size() == query.limit();
                    List<OperationRecord> page = more ? found.subList(0, query.limit() - 1) : found;
                    var response = ListOperationsResponse.newBuilder();
                    page.forEach(operation -> response.addOperations(operation.toProto()));
                    if (more) {
                        response.setNextPageToken(
                                pages.next(page.getLast().name().id().toString(), request));
                    }
                    return response.build();
                });
    }

    private OperationRecord awaitEnd(String text, Duration longest, Context call) {
        long end = System.nanoTime() + longest.toNanos();
        var cancelled = new CountDownLatch(1);
        Context.CancellationListener listener = ignored -> cancelled.countDown();
        call.addListener(listener, Runnable::run);
        try {
            OperationRecord operation = existing(text);
            while (!operation.state().done()) {
                long left = Math.min(LOOK_EVERY.toNanos(), end - System.nanoTime());
                if (left <= 0 || cancelled.await(left, TimeUnit.NANOSECONDS)) {
                    return operation;
                }
                operation = existing(text);
            }
            return operation;
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            return existing(text);
        } finally {
            call.removeListener(listener);
        }
    }

    /** One more than the page is asked for, to know whether there is a next one. */
    private OperationStore.Query query(ListOperationsRequest request) {
        var violations = new FieldViolations();
        var parent = PARENT.matcher(request.getName());
        violations.require(
                parent.matches(), "name", "operations.parent", "must be projects/{project}");
        violations.require(
                request.getPageSize() >= 0, "page_size", "int32.gte", "must not be negative");
        Optional<String> target = Optional.empty();
        Optional<Boolean> done = Optional.empty();
        if (!request.getFilter().isBlank()) {
            for (String term : request.getFilter().split("\\bAND\\b", -1)) {
                var parts = TERM.matcher(term);
                if (!parts.matches()) {
                    violations.add(
                            "filter",
                            "operations.filter",
                            "must be done=true|false and target=\"…\", joined by AND");
                } else if (parts.group(1) != null) {
                    done = Optional.of(Boolean.valueOf(parts.group(2)));
                } else {
                    target = Optional.of(parts.group(3));
                }
            }
        }
        violations.throwIfAny(domain);
        int size = PageTokens.size(request.getPageSize());
        return new OperationStore.Query(
                parent.group(1),
                target,
                done,
                pages.after(request.getPageToken(), request),
                size + 1);
    }

    private OperationRecord existing(String text) {
        return store.find(name(text)).orElseThrow(() -> notFound(text));
    }

    private OperationName name(String text) {
        try {
            return OperationName.parse(text);
        } catch (IllegalArgumentException notAName) {
            new FieldViolations()
                    .add(
                            "name",
                            "operations.name",
                            "must be projects/{project}/operations/{catalog|compute}-{uuid}")
                    .throwIfAny(domain);
            throw notAName;
        }
    }

    private StatusRuntimeException notFound(String name) {
        return Refusal.of(ErrorReason.ERROR_REASON_OPERATION_NOT_FOUND, domain)
                .what("there is no operation %s", name)
                .resource("longrunning.googleapis.com/Operation", name)
                .asException();
    }
}
