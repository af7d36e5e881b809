package io.tlvm.foundation.request;

import com.google.rpc.BadRequest;

import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.foundation.refusal.Refusal;
import io.tlvm.type.v1.ErrorReason;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Collects what is wrong with a request, so that the caller learns all of it at once. Not for
 * several threads.
 */
public final class FieldViolations {

    /**
     * A refusal travels in the header of the answer, base64 and beside its message; clients take 8
     * KiB of it (RFC 9113 §6.5.2, and what grpc-java allows).
     */
    private static final int LIST_BYTES_MAX = 3_000;

    private static final int SUMMARY_MAX = 600;

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

    /**
     * What was found so far. All of it, unless that is more than fits into an answer: then those of
     * the outer fields, and how many more there are.
     */
    public List<BadRequest.FieldViolation> list() {
        List<BadRequest.FieldViolation> fit = new ArrayList<>();
        int bytes = 0;
        for (BadRequest.FieldViolation violation : outerFirst()) {
            bytes += violation.getSerializedSize();
            if (bytes > LIST_BYTES_MAX) {
                fit.add(
                        BadRequest.FieldViolation.newBuilder()
                                .setReason("more")
                                .setDescription(
                                        "%d more violations".formatted(found.size() - fit.size()))
                                .build());
                break;
            }
            fit.add(violation);
        }
        return List.copyOf(fit);
    }

    private List<BadRequest.FieldViolation> outerFirst() {
        return found.stream()
                .sorted(
                        Comparator.comparingLong(
                                v -> v.getField().chars().filter(c -> c == '.').count()))
                .toList();
    }

    /** One line over all violations; cut off where it gets too long to be read. */
    public String summary() {
        String all =
                outerFirst().stream()
                        .map(
                                v ->
                                        v.getField().isEmpty()
                                                ? v.getDescription()
                                                : v.getField() + ": " + v.getDescription())
                        .collect(Collectors.joining("; "));
        return all.length() <= SUMMARY_MAX ? all : all.substring(0, SUMMARY_MAX) + "…";
    }

    /**
     * @throws io.grpc.StatusRuntimeException VALIDATION_FAILED with all violations, if there are
     *     any
     */
    public void throwIfAny(ErrorDomain domain) {
        if (!found.isEmpty()) {
            throw Refusal.of(ErrorReason.ERROR_REASON_VALIDATION_FAILED, domain)
                    .what("%s", summary())
                    .violations(list())
                    .asException();
        }
    }
}
