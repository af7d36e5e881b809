package io.tlvm.foundation.request;

import com.google.rpc.BadRequest;

import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.foundation.refusal.Refusal;
import io.tlvm.type.v1.ErrorReason;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Collects what is wrong with a request, so that the caller learns all of it at once. Not for
 * several threads.
 */
public final class FieldViolations {

    private final List<BadRequest.FieldViolation> found = new ArrayList<>();

    /** A violation: path of the field, id of the rule, and a sentence about it. */
    public FieldViolations add(String field, String rule, String description) {
        found.add(
                BadRequest.FieldViolation.newBuilder()
                        .setField(field)
                        .setReason(rule)
                        .setDescription(description)
                        .build());
        return this;
    }

    /** A violation unless {@code holds}. */
    public FieldViolations require(boolean holds, String field, String rule, String description) {
        return holds ? this : add(field, rule, description);
    }

    /** What was found so far. */
    public List<BadRequest.FieldViolation> list() {
        return List.copyOf(found);
    }

    /** One line over all violations. */
    public String summary() {
        return found.stream()
                .map(
                        v ->
                                v.getField().isEmpty()
                                        ? v.getDescription()
                                        : v.getField() + ": " + v.getDescription())
                .collect(Collectors.joining("; "));
    }

    /**
     * @throws io.grpc.StatusRuntimeException VALIDATION_FAILED with all violations, if there are
     *     any
     */
    public void throwIfAny(ErrorDomain domain) {
        if (!found.isEmpty()) {
            throw Refusal.of(ErrorReason.ERROR_REASON_VALIDATION_FAILED, domain)
                    .what("%s", summary())
                    .violations(found)
                    .asException();
        }
    }
}
