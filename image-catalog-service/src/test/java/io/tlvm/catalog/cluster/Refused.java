package io.tlvm.catalog.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.rpc.Code;

import io.tlvm.foundation.refusal.RefusalView;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** A call that must be refused, and how. */
public final class Refused {
    private Refused() {}

    public static RefusalView refused(ThrowingCallable call) {
        Throwable thrown = catchThrowable(call);
        assertThat(thrown).as("the call must be refused").isNotNull();
        return RefusalView.of(thrown);
    }

    public static RefusalView invalid(ThrowingCallable call, String field) {
        RefusalView view = refused(call);
        assertThat(view.code()).as(view.message()).isEqualTo(Code.INVALID_ARGUMENT);
        assertThat(view.violations())
                .as(view.message())
                .anySatisfy(v -> assertThat(v.getField()).startsWith(field));
        return view;
    }
}
