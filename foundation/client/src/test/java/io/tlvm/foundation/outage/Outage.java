package io.tlvm.foundation.outage;

import static io.tlvm.foundation.refusal.Refused.refused;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.Code;

import io.tlvm.foundation.refusal.RefusalView;
import io.tlvm.type.v1.ErrorReason;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** What callers are told while the database is away: the same by every form of a service. */
public final class Outage {
    private Outage() {}

    /** The call fails, names the database, and says that it may be tried again. */
    public static void isTheReasonOf(ThrowingCallable call) {
        RefusalView view = refused(call);
        assertThat(view.code()).as(view.message()).isEqualTo(Code.UNAVAILABLE);
        assertThat(view.reason()).isEqualTo(ErrorReason.ERROR_REASON_UNAVAILABLE_DEPENDENCY);
        assertThat(view.metadata()).containsEntry("dependency", "database");
        assertThat(view.message()).contains("database");
        assertThat(view.retryable()).isTrue();
    }
}
