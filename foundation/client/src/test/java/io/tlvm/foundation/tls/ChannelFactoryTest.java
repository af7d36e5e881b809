package io.tlvm.foundation.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import static java.util.Objects.requireNonNull;

import com.google.longrunning.GetOperationRequest;
import com.google.longrunning.Operation;
import com.google.longrunning.OperationsGrpc;

import io.grpc.Context;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.tlvm.foundation.identity.PeerIdentity;
import io.tlvm.foundation.identity.SpiffeId;
import io.tlvm.foundation.refusal.RefusalView;
import io.tlvm.type.v1.ErrorReason;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import javax.net.ssl.SSLPeerUnverifiedException;

/** A real server with mutual TLS 1.3 and a service that counts what reaches it. */
class ChannelFactoryTest {

    private static final String SERVER = "spiffe://tlvm.example/svc/vm-service";
    private static final String CLIENT = "spiffe://tlvm.example/node/node-a/igvm-agent";

    private final TestPki authority = new TestPki("authority");
    private final TestPki foreign = new TestPki("foreign");
    private final AtomicInteger served = new AtomicInteger();
    private final AtomicReference<String> peer = new AtomicReference<>("nobody");
    private final AtomicReference<Duration> timeLeft = new AtomicReference<>(Duration.ZERO);
    private final Path root;
    private final PkiDirectory serverPki;
    private final Server server;

    ChannelFactoryTest(@TempDir Path root) throws IOException {
        this.root = root;
        this.serverPki = PkiDirectory.open(authority.issue(root.resolve("server"), SERVER));
        var tls =
                GrpcSslContexts.configure(
                                SslContextBuilder.forServer(serverPki.keyManager())
                                        .trustManager(serverPki.trustManager())
                                        .clientAuth(ClientAuth.REQUIRE)
                                        .protocols("TLSv1.3"),
                                SslProvider.JDK)
                        .build();
        this.server =
                NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
                        .sslContext(tls)
                        .intercept(new PeerRecorder(peer))
                        .addService(new CountingOperations(served, timeLeft))
                        .build()
                        .start();
    }

    @AfterEach
    void stop() throws Exception {
        server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
        serverPki.close();
    }

    private HostPort address() {
        return new HostPort("127.0.0.1", server.getPort());
    }

    private static void call(ChannelFactory channels, HostPort address, String wanted) {
        var answer =
                OperationsGrpc.newBlockingStub(channels.channel(address, SpiffeId.parse(wanted)))
                        .getOperation(GetOperationRequest.newBuilder().setName("x").build());
        assertThat(answer.getName()).isEqualTo("x");
    }

    private void assertRefused(Path pkiDirectory, String wanted, Clock clientClock) {
        try (var pki = PkiDirectory.open(pkiDirectory, clientClock);
                var channels = new ChannelFactory(pki)) {
            assertThatThrownBy(() -> call(channels, address(), wanted))
                    .isInstanceOfSatisfying(
                            StatusRuntimeException.class,
                            thrown -> {
                                var view = RefusalView.of(thrown);
                                assertThat(view.reason())
                                        .isEqualTo(
                                                ErrorReason.ERROR_REASON_PEER_IDENTITY_UNTRUSTED);
                                assertThat(view.retryable()).isFalse();
                                assertThat(view.exitCode()).isEqualTo(6);
                            });
        }
        assertThat(served).as("calls that reached the service").hasValue(0);
    }

    @Test
    void the_right_identities_reach_the_service_without_any_host_name() {
        try (var pki = PkiDirectory.open(authority.issue(root.resolve("client"), CLIENT));
                var channels = new ChannelFactory(pki)) {
            call(channels, address(), SERVER);

            assertThat(served).hasValue(1);
            assertThat(peer).hasValue(CLIENT);
        }
    }

    @Test
    void a_call_without_deadline_gets_one() {
        try (var pki = PkiDirectory.open(authority.issue(root.resolve("client"), CLIENT));
                var channels = new ChannelFactory(pki)) {
            call(channels, address(), SERVER);

            assertThat(timeLeft.get()).isBetween(Duration.ofSeconds(30), Duration.ofSeconds(60));
        }
    }

    @Test
    void a_server_with_another_identity_is_refused_by_the_client() {
        assertRefused(
                authority.issue(root.resolve("client"), CLIENT),
                "spiffe://tlvm.example/svc/image-catalog-service",
                Clock.systemUTC());
    }

    @Test
    void a_server_of_a_foreign_authority_is_refused_by_the_client() {
        assertRefused(foreign.issue(root.resolve("client"), CLIENT), SERVER, Clock.systemUTC());
    }

    @Test
    void a_client_of_a_foreign_authority_is_refused_by_the_server() throws Exception {
        // It trusts the server's authority, so only the server can refuse.
        Path client = foreign.issue(root.resolve("client"), CLIENT);
        Files.copy(
                root.resolve("server/ca.crt"),
                client.resolve("ca.crt"),
                StandardCopyOption.REPLACE_EXISTING);

        assertRefused(client, SERVER, Clock.systemUTC());
    }

    @Test
    void an_expired_client_is_refused_by_the_server() {
        Instant hourAgo = Instant.now().minus(Duration.ofHours(1));
        Path client =
                authority.issue(
                        root.resolve("client"),
                        hourAgo.minus(Duration.ofHours(1)),
                        hourAgo,
                        CLIENT);
        // The client's own clock is behind, otherwise its files would not even load.
        Clock behind = Clock.offset(Clock.systemUTC(), Duration.ofMinutes(-90));
        try (var pki = PkiDirectory.open(client, behind);
                var channels = new ChannelFactory(pki)) {
            assertThatThrownBy(() -> call(channels, address(), SERVER))
                    .satisfies(
                            thrown ->
                                    assertThat(RefusalView.of(thrown).reason())
                                            .isEqualTo(
                                                    ErrorReason
                                                            .ERROR_REASON_PEER_IDENTITY_UNTRUSTED));
        }
        assertThat(served).hasValue(0);
    }

    @Test
    void a_rotated_client_shows_its_new_identity_on_the_next_connection() {
        Path client = authority.issue(root.resolve("client"), CLIENT);
        try (var pki = PkiDirectory.open(client);
                var channels = new ChannelFactory(pki)) {
            call(channels, address(), SERVER);
            String renamed = "spiffe://tlvm.example/node/node-b/igvm-agent";
            authority.issue(client, renamed);
            pki.reload();
            channels.release(address(), SpiffeId.parse(SERVER));

            call(channels, address(), SERVER);

            assertThat(peer).hasValue(renamed);
        }
    }

    @Test
    void a_rotated_server_shows_its_new_identity_on_the_next_connection() {
        try (var pki = PkiDirectory.open(authority.issue(root.resolve("client"), CLIENT));
                var channels = new ChannelFactory(pki)) {
            call(channels, address(), SERVER);
            String renamed = "spiffe://tlvm.example/svc/image-catalog-service";
            authority.issue(root.resolve("server"), renamed);
            serverPki.reload();

            call(channels, address(), renamed);

            assertThat(served).hasValue(2);
        }
    }

    @Test
    void one_channel_serves_all_calls_to_a_peer() {
        try (var pki = PkiDirectory.open(authority.issue(root.resolve("client"), CLIENT));
                var channels = new ChannelFactory(pki)) {
            var id = SpiffeId.parse(SERVER);
            assertThat(channels.channel(address(), id)).isSameAs(channels.channel(address(), id));
        }
    }

    @Test
    void a_server_that_is_not_there_is_unreachable_and_worth_a_retry() {
        HostPort gone = address();
        server.shutdownNow();
        try (var pki = PkiDirectory.open(authority.issue(root.resolve("client"), CLIENT));
                var channels = new ChannelFactory(pki)) {
            assertThatThrownBy(() -> call(channels, gone, SERVER))
                    .satisfies(
                            thrown -> {
                                var view = RefusalView.of(thrown);
                                assertThat(view.retryable()).isTrue();
                                assertThat(view.exitCode()).isEqualTo(10);
                                assertThat(view.message())
                                        .contains("Connection refused")
                                        .contains(":" + gone.port());
                            });
        }
    }

    @Test
    void a_closed_factory_opens_nothing() {
        var pki = PkiDirectory.open(authority.issue(root.resolve("client"), CLIENT));
        var channels = new ChannelFactory(pki);
        channels.close();
        pki.close();

        assertThatThrownBy(() -> channels.channel(address(), SpiffeId.parse(SERVER)))
                .isInstanceOf(IllegalStateException.class);
    }

    private static final class CountingOperations extends OperationsGrpc.OperationsImplBase {
        private final AtomicInteger served;
        private final AtomicReference<Duration> timeLeft;

        CountingOperations(AtomicInteger served, AtomicReference<Duration> timeLeft) {
            this.served = served;
            this.timeLeft = timeLeft;
        }

        @Override
        public void getOperation(GetOperationRequest request, StreamObserver<Operation> answer) {
            served.incrementAndGet();
            var deadline = Context.current().getDeadline();
            if (deadline != null) {
                timeLeft.set(Duration.ofMillis(deadline.timeRemaining(TimeUnit.MILLISECONDS)));
            }
            answer.onNext(Operation.newBuilder().setName(request.getName()).build());
            answer.onCompleted();
        }
    }

    private static final class PeerRecorder implements ServerInterceptor {
        private final AtomicReference<String> peer;

        PeerRecorder(AtomicReference<String> peer) {
            this.peer = peer;
        }

        @Override
        public <Q, R> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
            try {
                var session =
                        requireNonNull(call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION));
                var leaf = (X509Certificate) session.getPeerCertificates()[0];
                peer.set(PeerIdentity.of(leaf, Instant.now()).id().uri());
            } catch (SSLPeerUnverifiedException anonymous) {
                peer.set("nobody");
            }
            return next.startCall(call, headers);
        }
    }
}
