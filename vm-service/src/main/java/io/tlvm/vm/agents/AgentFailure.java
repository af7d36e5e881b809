package io.tlvm.vm.agents;

import com.google.rpc.Code;

import io.grpc.StatusRuntimeException;
import io.tlvm.foundation.refusal.RefusalView;
import io.tlvm.type.v1.ErrorReason;
import io.tlvm.vm.ownership.StepFailure;
import io.tlvm.vm.ownership.StepFailure.Kind;

/** What a failed call to an agent means for the step. */
final class AgentFailure {
    private AgentFailure() {}

    static StepFailure of(StatusRuntimeException thrown) {
        RefusalView view = RefusalView.of(thrown);
        return new StepFailure(
                kind(view), view.wireReason(), view.message(), view.fix(), view.metadata());
    }

    private static Kind kind(RefusalView view) {
        if (view.reason() == ErrorReason.ERROR_REASON_STALE_COMMAND) {
            return Kind.STALE;
        }
        if (view.code() == Code.UNAVAILABLE || view.code() == Code.CANCELLED) {
            return Kind.SILENT;
        }
        // An agent that we cannot talk to safely is as good as silent; the guest on it must not
        // suffer for it.
        if (view.code() == Code.UNAUTHENTICATED || view.code() == Code.PERMISSION_DENIED) {
            return Kind.SILENT;
        }
        if (view.code() == Code.DEADLINE_EXCEEDED) {
            return Kind.TIMED_OUT;
        }
        return view.retryable() ? Kind.SILENT : Kind.REFUSED;
    }
}
