package io.tlvm.foundation.refusal;

import io.tlvm.type.v1.ErrorAdvice;
import io.tlvm.type.v1.ErrorReason;
import io.tlvm.type.v1.ErrorReasonProto;

import java.util.Optional;

/** What error_reason.proto says about each reason. */
public final class ReasonTable {

    private static final String PREFIX = "ERROR_REASON_";

    private ReasonTable() {}

    /** The row of a reason: code, retry advice, exit code, general fix, metadata keys. */
    public static ErrorAdvice advice(ErrorReason reason) {
        return reason.getValueDescriptor().getOptions().getExtension(ErrorReasonProto.advice);
    }

    /** The reason as ErrorInfo carries it, for example {@code VM_NOT_FOUND}. */
    public static String wireName(ErrorReason reason) {
        return reason.name().substring(PREFIX.length());
    }

    /** The reason with that wire name; empty for one that only a newer server knows. */
    public static Optional<ErrorReason> byWireName(String wireName) {
        var found = ErrorReason.getDescriptor().findValueByName(PREFIX + wireName);
        return found == null || found.getNumber() == 0
                ? Optional.empty()
                : Optional.of(ErrorReason.valueOf(found));
    }
}
