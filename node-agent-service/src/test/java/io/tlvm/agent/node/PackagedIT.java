package io.tlvm.agent.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.rpc.BadRequest;
import com.google.rpc.Code;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusIntegrationTest;
import io.tlvm.foundation.identity.SpiffeId;
import io.tlvm.foundation.identity.TrustDomain;
import io.tlvm.foundation.refusal.RefusalView;
import io.tlvm.foundation.tls.ChannelFactory;
import io.tlvm.foundation.tls.HostPort;
import io.tlvm.foundation.tls.PkiDirectory;
import io.tlvm.node.v1.GetCapabilitiesRequest;
import io.tlvm.node.v1.GetMachineRequest;
import io.tlvm.node.v1.IgvmAgentServiceGrpc;
import io.tlvm.node.v1.NodeCapabilities;
import io.tlvm.type.v1.ErrorReason;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

/**
 * The packaged agent, such as the native executable, alone on its node: it has started QEMU, swtpm
 * and the guardian to find out what the host can do.
 */
@QuarkusIntegrationTest
@QuarkusTestResource(value = ScriptedNode.class, restrictToAnnotatedClass = true)
class PackagedIT {
    private static final TrustDomain TRUST = new TrustDomain("tlvm.local");
    private static final int X25519_KEY_LENGTH = 32;

    private final List<ChannelFactory> channels = new ArrayList<>();

    private ScriptedNode.Access access;

    @AfterEach
    void close() {
        channels.forEach(ChannelFactory::close);
    }

    @Test
    void the_agent_tells_the_control_plane_what_its_host_can_do() {
        NodeCapabilities found =
                IgvmAgentServiceGrpc.newBlockingStub(as("svc/vm-service"))
                        .getCapabilities(GetCapabilitiesRequest.getDefaultInstance())
                        .getCapabilities();

        assertThat(found.getTrustedLaunch()).as(found.getTrustedLaunchReason()).isTrue();
        assertThat(found.getQemuVersion()).isNotEmpty();
        assertThat(found.getSwtpmVersion()).isNotEmpty();
        assertThat(found.getFirmwareDigest()).startsWith("sha256:");
        assertThat(found.getNodePublicKey().size()).isEqualTo(X25519_KEY_LENGTH);
    }

    @Test
    void a_request_that_breaks_rules_is_refused_with_the_field_named() {
        RefusalView refusal =
                refused(
                        () ->
                                IgvmAgentServiceGrpc.newBlockingStub(as("svc/vm-service"))
                                        .getMachine(GetMachineRequest.getDefaultInstance()));
        assertThat(refusal.code()).isEqualTo(Code.INVALID_ARGUMENT);
        assertThat(refusal.violations())
                .extracting(BadRequest.FieldViolation::getField)
                .isNotEmpty();
    }

    @Test
    void users_do_not_talk_to_agents() {
        assertThat(refused(() -> capabilities("user/admin")).reason())
                .isEqualTo(ErrorReason.ERROR_REASON_PERMISSION_DENIED);
    }

    @Test
    void a_certificate_of_another_authority_is_refused() {
        assertThat(refused(() -> capabilities("test/foreign/svc/vm-service")).code())
                .isEqualTo(Code.UNAUTHENTICATED);
    }

    private void capabilities(String identity) {
        IgvmAgentServiceGrpc.newBlockingStub(as(identity))
                .getCapabilities(GetCapabilitiesRequest.getDefaultInstance());
    }

    /** A channel with the certificate in this directory of the PKI. */
    private ManagedChannel as(String identity) {
        var factory = new ChannelFactory(PkiDirectory.open(access.pki().resolve(identity)));
        channels.add(factory);
        return factory.channel(
                new HostPort("127.0.0.1", access.port()), new SpiffeId.Node(TRUST, "node-a"));
    }

    private static RefusalView refused(ThrowingCallable call) {
        StatusRuntimeException thrown = catchThrowableOfType(StatusRuntimeException.class, call);
        assertThat(thrown).as("a refusal").isNotNull();
        return RefusalView.of(thrown);
    }
}
