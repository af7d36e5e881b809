package io.tlvm.foundation.refusal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.rpc.BadRequest;
import com.google.rpc.Code;

import io.tlvm.type.v1.ErrorReason;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

import java.util.List;

/** A call that must be refused, and how. */
public final class Refused {
    private Refused() {}

    /** The refusal that the call ends with. */
    public static RefusalView refused(ThrowingCallable call) {
        Throwable thrown = catchThrowable(call);
        assertThat(thrown).as("the call must be refused").isNotNull();
        return RefusalView.of(thrown);
    }

    /** The fields that the call is refused for. */
    public static List<String> violations(ThrowingCallable call) {
        RefusalView view = refused(call);
        assertThat(view.reason())
                .as(view.message())
                .isEqualTo(ErrorReason.ERROR_REASON_VALIDATION_FAILED);
        return fields(view);
    }

    /** The refusal of a call for a field that starts so. */
    public static RefusalView invalid(ThrowingCallable call, String field) {
        RefusalView view = refused(call);
        assertThat(view.code()).as(view.message()).isEqualTo(Code.INVALID_ARGUMENT);
        assertThat(fields(view)).as(view.message()).anyMatch(named -> named.startsWith(field));
        return view;
    }

    private static List<String> fields(RefusalView view) {
        return view.violations().stream().map(BadRequest.FieldViolation::getField).toList();
    }
}
