package io.tlvm.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.rpc.BadRequest;
import com.google.rpc.Code;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusIntegrationTest;
import io.tlvm.compute.v1.CreateStoragePathRequest;
import io.tlvm.compute.v1.CreateVirtualMachineRequest;
import io.tlvm.compute.v1.GetStoragePathRequest;
import io.tlvm.compute.v1.ListVirtualMachinesRequest;
import io.tlvm.compute.v1.StoragePath;
import io.tlvm.compute.v1.StoragePathServiceGrpc;
import io.tlvm.compute.v1.VirtualMachineServiceGrpc;
import io.tlvm.foundation.identity.TrustDomain;
import io.tlvm.foundation.refusal.RefusalView;
import io.tlvm.foundation.tls.ChannelFactory;
import io.tlvm.foundation.tls.HostPort;
import io.tlvm.foundation.tls.PkiDirectory;
import io.tlvm.type.v1.ErrorReason;
import io.tlvm.vm.world.ScriptedWorld;
import io.tlvm.vm.world.Surroundings;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The packaged service with the certificates and the database of a deployment. */
@QuarkusIntegrationTest
@QuarkusTestResource(value = ScriptedWorld.class, restrictToAnnotatedClass = true)
class PackagedIT {
    private static final TrustDomain TRUST = new TrustDomain("tlvm.local");
    private static final Clock NOW = Clock.systemUTC();
    private static final int OPENSSL_SECONDS_MAX = 30;

    private final List<ChannelFactory> channels = new ArrayList<>();

    @SuppressWarnings("NullAway.Init") // ScriptedWorld sets it
    private Surroundings surroundings;

    @AfterEach
    void close() {
        channels.forEach(ChannelFactory::close);
    }

    @Test
    void the_schema_was_migrated_before_the_service_was_ready() throws SQLException {
        assertThat(
                        query(
                                "select version || ' ' || success from flyway_schema_history"
                                        + " order by installed_rank limit 1"))
                .isEqualTo("1 true");
    }

    @Test
    void a_request_that_breaks_rules_is_refused_with_every_field_named() {
        RefusalView refusal =
                refused(
                        () ->
                                VirtualMachineServiceGrpc.newBlockingStub(as("user/alice"))
                                        .createVirtualMachine(
                                                CreateVirtualMachineRequest.newBuilder()
                                                        .setVirtualMachineId("Bad!")
                                                        .setRequestId("no")
                                                        .build()));
        assertThat(refusal.code()).isEqualTo(Code.INVALID_ARGUMENT);
        assertThat(refusal.violations())
                .extracting(BadRequest.FieldViolation::getField)
                .contains("parent", "virtual_machine_id", "request_id", "virtual_machine");
    }

    @Test
    void what_was_created_is_in_the_database_when_the_call_answers() throws SQLException {
        var paths = StoragePathServiceGrpc.newBlockingStub(as("user/admin"));
        StoragePath made =
                paths.createStoragePath(
                        CreateStoragePathRequest.newBuilder()
                                .setStoragePathId("disks")
                                .setStoragePath(
                                        StoragePath.newBuilder()
                                                .setKind(StoragePath.Kind.KIND_SHARED)
                                                .setDirectory("/srv/disks"))
                                .build());

        assertThat(query("select directory from storage_path where name = 'storagePaths/disks'"))
                .isEqualTo("/srv/disks");
        assertThat(
                        paths.getStoragePath(
                                GetStoragePathRequest.newBuilder().setName(made.getName()).build()))
                .isEqualTo(made);
    }

    @Test
    void a_certificate_of_another_authority_is_refused() {
        refusesToTalk(as("test/foreign/user/admin"));
    }

    @Test
    void an_expired_certificate_is_refused() {
        // It ended an hour ago; its owner does not know.
        refusesToTalk(as("test/expired/user/admin", Clock.offset(NOW, Duration.ofHours(-12))));
    }

    private static void refusesToTalk(ManagedChannel channel) {
        var request = ListVirtualMachinesRequest.newBuilder().setParent("projects/default").build();
        RefusalView refusal =
                refused(
                        () ->
                                VirtualMachineServiceGrpc.newBlockingStub(channel)
                                        .listVirtualMachines(request));
        assertThat(refusal.code()).isEqualTo(Code.UNAUTHENTICATED);
        assertThat(refusal.reason()).isEqualTo(ErrorReason.ERROR_REASON_PEER_IDENTITY_UNTRUSTED);
    }

    /** A resumed session would show the server a certificate that has ended since. */
    @Test
    void no_session_ticket_is_handed_out() throws IOException, InterruptedException {
        Path identity = surroundings.pki().resolve("user/admin");
        Process client =
                new ProcessBuilder(
                                "openssl",
                                "s_client",
                                "-connect",
                                "127.0.0.1:" + surroundings.port(),
                                "-tls1_3",
                                "-alpn",
                                "h2",
                                "-cert",
                                identity.resolve("tls.crt").toString(),
                                "-key",
                                identity.resolve("tls.key").toString(),
                                "-CAfile",
                                identity.resolve("ca.crt").toString(),
                                "-msg",
                                "-ign_eof")
                        .redirectErrorStream(true)
                        .start();
        // A client that says something else than HTTP/2 is cut off, after the tickets would have
        // come.
        client.getOutputStream().write("no HTTP/2\n\n".getBytes(StandardCharsets.US_ASCII));
        client.getOutputStream().flush();
        try {
            String spoken =
                    new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(client.waitFor(OPENSSL_SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
            assertThat(spoken)
                    .contains("Verify return code: 0 (ok)")
                    .contains("CertificateVerify")
                    .doesNotContain("NewSessionTicket");
        } finally {
            client.destroyForcibly();
        }
    }

    /** A channel with the certificate in this directory of the PKI. */
    private ManagedChannel as(String identity) {
        return as(identity, NOW);
    }

    private ManagedChannel as(String identity, Clock ownClock) {
        var pki = PkiDirectory.open(surroundings.pki().resolve(identity), ownClock);
        var factory = new ChannelFactory(pki);
        channels.add(factory);
        return factory.channel(
                new HostPort("127.0.0.1", surroundings.port()), TRUST.service("vm-service"));
    }

    private String query(String sql) throws SQLException {
        try (var connection = surroundings.database().getConnection();
                var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            assertThat(rows.next()).as(sql).isTrue();
            return rows.getString(1);
        }
    }

    private static RefusalView refused(ThrowingCallable call) {
        StatusRuntimeException thrown = catchThrowableOfType(StatusRuntimeException.class, call);
        assertThat(thrown).as("a refusal").isNotNull();
        return RefusalView.of(thrown);
    }
}
