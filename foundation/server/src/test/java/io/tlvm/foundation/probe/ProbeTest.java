package io.tlvm.foundation.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.google.longrunning.GetOperationRequest;
import com.google.longrunning.ListOperationsRequest;
import com.google.longrunning.OperationsGrpc;
import com.google.longrunning.WaitOperationRequest;
import com.google.protobuf.Any;
import com.google.protobuf.Empty;
import com.google.rpc.BadRequest;

import grpc.health.v1.HealthGrpc;
import grpc.health.v1.HealthOuterClass.HealthCheckRequest;
import grpc.health.v1.HealthOuterClass.HealthCheckResponse;

import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tlvm.foundation.identity.SpiffeId;
import io.tlvm.foundation.operation.MemoryOperationStore;
import io.tlvm.foundation.operation.OperationName;
import io.tlvm.foundation.operation.OperationRecord;
import io.tlvm.foundation.operation.OperationRoom;
import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.foundation.refusal.RefusalView;
import io.tlvm.foundation.tls.ChannelFactory;
import io.tlvm.foundation.tls.HostPort;
import io.tlvm.foundation.tls.PkiDirectory;
import io.tlvm.foundation.tls.SpiffeTrustManager;
import io.tlvm.foundation.tls.TestPki;
import io.tlvm.probe.v1.AskRequest;
import io.tlvm.probe.v1.AskRequest.Behaviour;
import io.tlvm.probe.v1.AskResponse;
import io.tlvm.probe.v1.Part;
import io.tlvm.probe.v1.ProbeServiceGrpc;
import io.tlvm.probe.v1.ProbeServiceGrpc.ProbeServiceBlockingStub;
import io.tlvm.probe.v1.ProbeStreamServiceGrpc;
import io.tlvm.type.v1.ErrorReason;

import jakarta.inject.Inject;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Calls over mutual TLS, through all interceptors, into services of all styles. */
@QuarkusTest
@QuarkusTestResource(ProbePki.class)
@SuppressWarnings("NullAway.Init") // Quarkus fills these fields.
class ProbeTest {

    private static final HostPort PROBE = new HostPort("127.0.0.1", 19_801);
    private static final String USER = "spiffe://tlvm.test/user/jane";

    TestPki authority;

    @Inject MemoryOperationStore store;

    @Inject ProbeHandler handler;

    @Inject OperationRoom room;

    @TempDir Path root;

    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable channel : open.reversed()) {
            channel.close();
        }
    }

    private Channel channel(String uri) {
        return channel(
                PkiDirectory.open(
                        authority.issue(root.resolve(UUID.randomUUID().toString()), uri)));
    }

    private Channel channel(PkiDirectory pki) {
        open.add(pki);
        var channels = new ChannelFactory(pki);
        open.add(channels);
        return channels.channel(PROBE, SpiffeId.parse(ProbePki.SERVER));
    }

    private ProbeServiceBlockingStub probe(String uri) {
        return ProbeServiceGrpc.newBlockingStub(channel(uri));
    }

    private static AskRequest ask(Behaviour behaviour) {
        return AskRequest.newBuilder().setBehaviour(behaviour).build();
    }

    private static RefusalView refusal(Supplier<?> call) {
        try {
            return fail("not refused: " + call.get());
        } catch (StatusRuntimeException refused) {
            return RefusalView.of(refused);
        }
    }

    @Test
    void a_user_is_served_under_the_name_in_the_certificate() {
        AskResponse seen = probe(USER).ask(ask(Behaviour.BEHAVIOUR_ANSWER));

        assertThat(seen.getCaller()).isEqualTo(USER);
        assertThat(seen.getDeadlineMillis()).as("deadline of the client").isBetween(1L, 60_000L);
        assertThat(seen.getVirtualThread()).isFalse();
    }

    @Test
    void a_blocking_method_knows_its_caller_on_its_virtual_thread() {
        AskResponse seen = probe(USER).askBlocking(ask(Behaviour.BEHAVIOUR_ANSWER));

        assertThat(seen.getCaller()).isEqualTo(USER);
        assertThat(seen.getVirtualThread()).isTrue();
    }

    @Test
    void the_access_table_decides_by_kind_and_name() {
        String node = "spiffe://tlvm.test/node/node-a/igvm-agent";
        String catalog = "spiffe://tlvm.test/svc/image-catalog-service";
        var request = ask(Behaviour.BEHAVIOUR_ANSWER);

        assertThat(probe(node).ask(request).getCaller()).isEqualTo(node);
        assertThat(probe(catalog).askAsService(request).getCaller()).isEqualTo(catalog);
        assertThat(probe("spiffe://tlvm.test/user/root").askAsAdministrator(request)).isNotNull();
        for (RefusalView view :
                List.of(
                        refusal(() -> probe(node).askBlocking(request)),
                        refusal(() -> probe(catalog).ask(request)),
                        refusal(
                                () ->
                                        probe("spiffe://tlvm.test/svc/vm-service")
                                                .askAsService(request)),
                        refusal(() -> probe(USER).askAsService(request)),
                        refusal(
                                () ->
                                        probe("spiffe://tlvm.test/user/image-catalog-service")
                                                .askAsService(request)),
                        refusal(() -> probe(USER).askAsAdministrator(request)))) {
            assertThat(view.reason()).isEqualTo(ErrorReason.ERROR_REASON_PERMISSION_DENIED);
            assertThat(view.domain()).isEqualTo("compute.tlvm.io");
        }
    }

    @Test
    void a_peer_of_another_trust_domain_is_refused_although_the_authority_vouches_for_it() {
        var view =
                refusal(
                        () ->
                                probe("spiffe://other.test/user/jane")
                                        .ask(ask(Behaviour.BEHAVIOUR_ANSWER)));

        assertThat(view.reason()).isEqualTo(ErrorReason.ERROR_REASON_PEER_IDENTITY_UNTRUSTED);
        assertThat(view.message()).contains("other.test");
    }

    @Test
    void an_expired_peer_is_refused() {
        Instant hourAgo = Instant.now().minus(Duration.ofHours(1));
        Path expired =
                authority.issue(
                        root.resolve("expired"), hourAgo.minus(Duration.ofHours(1)), hourAgo, USER);
        var channel =
                channel(
                        PkiDirectory.open(
                                expired, Clock.offset(Clock.systemUTC(), Duration.ofMinutes(-90))));

        var view =
                refusal(
                        () ->
                                ProbeServiceGrpc.newBlockingStub(channel)
                                        .ask(ask(Behaviour.BEHAVIOUR_ANSWER)));

        assertThat(view.reason()).isEqualTo(ErrorReason.ERROR_REASON_PEER_IDENTITY_UNTRUSTED);
    }

    @Test
    void a_certificate_that_runs_out_ends_an_open_connection() throws Exception {
        Instant soon = Instant.now().plus(Duration.ofSeconds(4));
        Path brief =
                authority.issue(
                        root.resolve("brief"),
                        Instant.now().minus(Duration.ofHours(1)),
                        soon,
                        USER);
        var stub = ProbeServiceGrpc.newBlockingStub(channel(PkiDirectory.open(brief)));
        assertThat(stub.ask(ask(Behaviour.BEHAVIOUR_ANSWER)).getCaller()).isEqualTo(USER);

        var view = firstRefusal(() -> stub.ask(ask(Behaviour.BEHAVIOUR_ANSWER)));

        assertThat(view.reason()).isEqualTo(ErrorReason.ERROR_REASON_PEER_IDENTITY_UNTRUSTED);
        assertThat(view.message()).contains("valid from");
    }

    private static RefusalView firstRefusal(Runnable call) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (System.nanoTime() < end) {
            try {
                call.run();
            } catch (StatusRuntimeException refused) {
                return RefusalView.of(refused);
            }
        }
        return fail("never refused");
    }

    @Test
    void all_violations_come_at_once_with_their_paths() {
        var request =
                AskRequest.newBuilder()
                        .setBehaviourValue(77)
                        .setText("too long")
                        .addParts(Part.newBuilder().setNumber(1))
                        .addParts(Part.newBuilder().setNumber(10))
                        .build();

        var view = refusal(() -> probe(USER).ask(request));

        assertThat(view.reason()).isEqualTo(ErrorReason.ERROR_REASON_VALIDATION_FAILED);
        assertThat(view.violations())
                .extracting(BadRequest.FieldViolation::getField)
                .containsExactlyInAnyOrder("behaviour", "text", "parts[1].number");
        assertThat(view.exitCode()).isEqualTo(2);
    }

    @Test
    void the_first_message_of_a_stream_is_validated() {
        assertThat(
                        count(ask(Behaviour.BEHAVIOUR_ANSWER), ask(Behaviour.BEHAVIOUR_ANSWER))
                                .join()
                                .getCount())
                .isEqualTo(2);
        assertThat(streamRefusal(ask(Behaviour.BEHAVIOUR_UNSPECIFIED)).reason())
                .isEqualTo(ErrorReason.ERROR_REASON_VALIDATION_FAILED);
    }

    @ParameterizedTest
    @EnumSource(
            value = Behaviour.class,
            names = {"BEHAVIOUR_THROW", "BEHAVIOUR_FAIL"})
    void a_bug_tells_a_debug_id_and_nothing_else(Behaviour bug) {
        var views =
                List.of(
                        refusal(() -> probe(USER).ask(ask(bug))),
                        refusal(() -> probe(USER).askBlocking(ask(bug))),
                        streamRefusal(ask(bug)));

        assertThat(views)
                .allSatisfy(
                        view -> {
                            assertThat(view.reason())
                                    .isEqualTo(ErrorReason.ERROR_REASON_INTERNAL_BUG);
                            assertThat(view.metadata()).containsOnlyKeys("debugId");
                            assertThat(view.message())
                                    .contains(view.metadata().get("debugId"))
                                    .doesNotContain("secret");
                            assertThat(view.toString()).doesNotContain("secret", "Exception");
                        });
    }

    @Test
    void a_refusal_arrives_as_it_was_made() {
        for (RefusalView view :
                List.of(
                        refusal(() -> probe(USER).ask(ask(Behaviour.BEHAVIOUR_REFUSE))),
                        refusal(() -> probe(USER).askBlocking(ask(Behaviour.BEHAVIOUR_REFUSE))))) {
            assertThat(view.reason()).isEqualTo(ErrorReason.ERROR_REASON_VM_NOT_FOUND);
            assertThat(view.message()).isEqualTo("no VM web01");
        }
    }

    @Test
    void a_lost_database_is_worth_a_retry() {
        for (RefusalView view :
                List.of(
                        refusal(() -> probe(USER).ask(ask(Behaviour.BEHAVIOUR_DATABASE))),
                        refusal(
                                () ->
                                        probe(USER)
                                                .askBlocking(ask(Behaviour.BEHAVIOUR_DATABASE))))) {
            assertThat(view.reason()).isEqualTo(ErrorReason.ERROR_REASON_UNAVAILABLE_DEPENDENCY);
            assertThat(view.retryable()).isTrue();
            assertThat(view.toString()).doesNotContain("secret");
        }
    }

    @Test
    void a_unary_call_without_deadline_ends_nevertheless() throws Exception {
        var answer = new CompletableFuture<AskResponse>();
        // Our own channels set a deadline; this one is a stranger's.
        var pki = PkiDirectory.open(authority.issue(root.resolve("stranger"), USER));
        open.add(pki);
        var wanted =
                new SpiffeTrustManager(
                        pki.trustManager(), SpiffeId.parse(ProbePki.SERVER), Clock.systemUTC());
        var tls =
                GrpcSslContexts.forClient()
                        .keyManager(pki.keyManager())
                        .trustManager(wanted)
                        .build();
        var channel =
                NettyChannelBuilder.forAddress(PROBE.host(), PROBE.port()).sslContext(tls).build();
        open.add(channel::shutdownNow);
        ProbeServiceGrpc.newStub(channel).ask(ask(Behaviour.BEHAVIOUR_SILENCE), completing(answer));

        try {
            answer.get(30, TimeUnit.SECONDS);
            fail("answered");
        } catch (ExecutionException ended) {
            assertThat(RefusalView.of(ended).reason())
                    .isEqualTo(ErrorReason.ERROR_REASON_TIMED_OUT);
        }
    }

    @Test
    void health_is_open_to_every_peer_but_not_to_other_domains() {
        var request = HealthCheckRequest.getDefaultInstance();
        var node = HealthGrpc.newBlockingStub(channel("spiffe://tlvm.test/node/node-a/igvm-agent"));

        assertThat(node.check(request).getStatus())
                .isEqualTo(HealthCheckResponse.ServingStatus.SERVING);
        assertThat(
                        refusal(
                                        () ->
                                                HealthGrpc.newBlockingStub(
                                                                channel(
                                                                        "spiffe://other.test/user/x"))
                                                        .check(request))
                                .reason())
                .isEqualTo(ErrorReason.ERROR_REASON_PEER_IDENTITY_UNTRUSTED);
    }

    @Test
    void operations_are_listed_in_pages_waited_for_and_deleted_when_done() {
        var operations = OperationsGrpc.newBlockingStub(channel(USER));
        List<OperationName> names = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            var name = OperationName.of("paging", ErrorDomain.COMPUTE, UUID.randomUUID());
            names.add(name);
            store.insert(
                    OperationRecord.queued(
                            name,
                            ProbeHandler.KIND,
                            "vm-" + i,
                            USER,
                            Any.pack(Empty.getDefaultInstance()),
                            Instant.now()));
        }
        var first =
                ListOperationsRequest.newBuilder()
                        .setName("projects/paging")
                        .setPageSize(2)
                        .build();
        var seen = new ArrayList<String>();
        String token = "";
        do {
            var page = operations.listOperations(first.toBuilder().setPageToken(token).build());
            page.getOperationsList().forEach(operation -> seen.add(operation.getName()));
            token = page.getNextPageToken();
        } while (!token.isEmpty());
        assertThat(seen)
                .containsExactlyInAnyOrderElementsOf(
                        names.stream().map(OperationName::toString).toList());

        String other = operations.listOperations(first).getNextPageToken();
        assertThat(
                        refusal(
                                        () ->
                                                operations.listOperations(
                                                        first.toBuilder()
                                                                .setFilter("done=false")
                                                                .setPageToken(other)
                                                                .build()))
                                .reason())
                .isEqualTo(ErrorReason.ERROR_REASON_PAGE_TOKEN_INVALID);
        var filtered =
                operations.listOperations(
                        first.toBuilder().setFilter("done=false AND target=\"vm-3\"").build());
        assertThat(filtered.getOperationsList())
                .singleElement()
                .satisfies(o -> assertThat(o.getName()).isEqualTo(names.get(3).toString()));

        var wait =
                WaitOperationRequest.newBuilder()
                        .setName(names.getFirst().toString())
                        .setTimeout(com.google.protobuf.Duration.newBuilder().setNanos(300_000_000))
                        .build();
        assertThat(operations.waitOperation(wait).getDone()).isFalse();
        var delete =
                com.google.longrunning.DeleteOperationRequest.newBuilder()
                        .setName(names.getFirst().toString())
                        .build();
        assertThat(refusal(() -> operations.deleteOperation(delete)).reason())
                .isEqualTo(ErrorReason.ERROR_REASON_INVALID_STATE);
        names.forEach(handler::finish);
        room.wake();
        var patient =
                wait.toBuilder()
                        .setTimeout(com.google.protobuf.Duration.newBuilder().setSeconds(20))
                        .build();
        assertThat(operations.waitOperation(patient).getDone()).isTrue();
        assertThat(operations.deleteOperation(delete)).isNotNull();
        assertThat(
                        refusal(
                                        () ->
                                                operations.getOperation(
                                                        GetOperationRequest.newBuilder()
                                                                .setName(
                                                                        names.getFirst().toString())
                                                                .build()))
                                .reason())
                .isEqualTo(ErrorReason.ERROR_REASON_OPERATION_NOT_FOUND);
        assertThat(
                        refusal(
                                        () ->
                                                operations.getOperation(
                                                        GetOperationRequest.newBuilder()
                                                                .setName("x")
                                                                .build()))
                                .reason())
                .isEqualTo(ErrorReason.ERROR_REASON_VALIDATION_FAILED);
    }

    private CompletableFuture<AskResponse> count(AskRequest... requests) {
        var answer = new CompletableFuture<AskResponse>();
        var upload = ProbeStreamServiceGrpc.newStub(channel(USER)).count(completing(answer));
        for (AskRequest request : requests) {
            upload.onNext(request);
        }
        upload.onCompleted();
        return answer.orTimeout(30, TimeUnit.SECONDS);
    }

    private RefusalView streamRefusal(AskRequest request) {
        try {
            return fail("not refused: " + count(request).get(30, TimeUnit.SECONDS));
        } catch (ExecutionException refused) {
            return RefusalView.of(refused);
        } catch (InterruptedException | java.util.concurrent.TimeoutException noAnswer) {
            throw new AssertionError(noAnswer);
        }
    }

    private static <T> StreamObserver<T> completing(CompletableFuture<T> answer) {
        return new StreamObserver<>() {
            @Override
            public void onNext(T item) {
                answer.complete(item);
            }

            @Override
            public void onError(Throwable failed) {
                answer.completeExceptionally(failed);
            }

            @Override
            public void onCompleted() {
                answer.completeExceptionally(new AssertionError("no item"));
            }
        };
    }
}
