package io.tlvm.foundation.refusal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;

import io.tlvm.type.v1.ErrorReason;

import org.junit.jupiter.api.Test;

import java.security.cert.CertificateException;
import java.time.Duration;

import javax.net.ssl.SSLHandshakeException;

class RefusalTest {

    @Test
    void a_refusal_is_read_back_with_everything_in_it() {
        var thrown =
                Refusal.of(ErrorReason.ERROR_REASON_OPERATION_IN_PROGRESS, ErrorDomain.COMPUTE)
                        .what("operation %s holds VM %s", "op-1", "web01")
                        .fix("wait for %s", "op-1")
                        .with("operation", "op-1")
                        .violation("name", "busy", "is in use")
                        .precondition("IDLE", "vms/web01", "a migration runs")
                        .resource(
                                "compute.tlvm.io/VirtualMachine",
                                "projects/default/virtualMachines/web01")
                        .retryAfter(Duration.ofMillis(1_500))
                        .request("trace-1")
                        .asException();

        var view = RefusalView.of(thrown);

        assertThat(view.code()).isEqualTo(Code.ABORTED);
        assertThat(view.reason()).isEqualTo(ErrorReason.ERROR_REASON_OPERATION_IN_PROGRESS);
        assertThat(view.domain()).isEqualTo("compute.tlvm.io");
        assertThat(view.message()).isEqualTo("operation op-1 holds VM web01");
        assertThat(view.fix()).isEqualTo("wait for op-1");
        assertThat(view.metadata())
                .containsEntry("operation", "op-1")
                .containsEntry("resource", "projects/default/virtualMachines/web01");
        assertThat(view.violations())
                .singleElement()
                .satisfies(v -> assertThat(v.getField()).isEqualTo("name"));
        assertThat(view.preconditions())
                .singleElement()
                .satisfies(p -> assertThat(p.getType()).isEqualTo("IDLE"));
        assertThat(view.retryDelay()).contains(Duration.ofMillis(1_500));
        assertThat(view.requestId()).isEqualTo("trace-1");
        assertThat(view.retryable()).isTrue();
        assertThat(view.exitCode()).isEqualTo(4);
        assertThat(RefusalView.of(new IllegalStateException("outer", thrown))).isEqualTo(view);
    }

    @Test
    void without_more_a_refusal_has_the_fix_of_its_reason() {
        var view =
                RefusalView.of(
                        Refusal.of(ErrorReason.ERROR_REASON_VM_NOT_FOUND, ErrorDomain.COMPUTE)
                                .asStatus());

        assertThat(view.fix())
                .isEqualTo("List the machines of the project and use a name from it.");
        assertThat(view.exitCode()).isEqualTo(3);
    }

    @Test
    void a_percent_sign_in_a_value_stays_what_it_is() {
        var view =
                RefusalView.of(
                        Refusal.of(ErrorReason.ERROR_REASON_VM_NOT_FOUND, ErrorDomain.COMPUTE)
                                .what("no VM %s", "100%s")
                                .asStatus());

        assertThat(view.message()).isEqualTo("no VM 100%s");
    }

    @Test
    void a_refusal_without_reason_cannot_be_made() {
        assertThatThrownBy(() -> Refusal.of(ErrorReason.ERROR_REASON_UNSPECIFIED, ErrorDomain.NODE))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void a_reason_of_a_newer_server_keeps_its_name_and_falls_back_to_the_code() {
        var status =
                Status.newBuilder()
                        .setCode(Code.NOT_FOUND_VALUE)
                        .setMessage("no such thing")
                        .addDetails(
                                Any.pack(
                                        ErrorInfo.newBuilder()
                                                .setReason("THING_NOT_FOUND")
                                                .build()))
                        .build();

        var view = RefusalView.of(status);

        assertThat(view.wireReason()).isEqualTo("THING_NOT_FOUND");
        assertThat(view.reason()).isEqualTo(ErrorReason.ERROR_REASON_RESOURCE_NOT_FOUND);
        assertThat(view.exitCode()).isEqualTo(3);
    }

    @Test
    void a_tls_failure_is_a_matter_of_identity_not_of_reachability() {
        var tls = new SSLHandshakeException("handshake");
        tls.initCause(new CertificateException("the peer is x, expected was y"));

        var view = RefusalView.of(io.grpc.Status.UNAVAILABLE.withCause(tls).asRuntimeException());

        assertThat(view.reason()).isEqualTo(ErrorReason.ERROR_REASON_PEER_IDENTITY_UNTRUSTED);
        assertThat(view.message()).contains("expected was y");
        assertThat(view.retryable()).isFalse();
    }

    @Test
    void something_that_is_no_status_is_a_bug() {
        assertThat(RefusalView.of(new IllegalStateException("x")).exitCode()).isEqualTo(1);
    }
}
