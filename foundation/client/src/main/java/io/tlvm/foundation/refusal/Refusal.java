package io.tlvm.foundation.refusal;

import com.google.protobuf.Any;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Help;
import com.google.rpc.PreconditionFailure;
import com.google.rpc.QuotaFailure;
import com.google.rpc.RequestInfo;
import com.google.rpc.ResourceInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;

import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.tlvm.type.v1.ErrorReason;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Builds the answer to a request that is not served: what happened, why, and what to do, as AIP-193
 * lays it out. Code, retry advice and the general fix come from the reason; each detail type
 * appears at most once.
 *
 * <p>Neither the message nor metadata may hold secrets. Every value in the message belongs into
 * {@link #with} too. Not for several threads.
 */
public final class Refusal {

    private final ErrorReason reason;
    private final ErrorDomain domain;
    private String what;
    private String fix;
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private final BadRequest.Builder badRequest = BadRequest.newBuilder();
    private final PreconditionFailure.Builder preconditions = PreconditionFailure.newBuilder();
    private final QuotaFailure.Builder quotas = QuotaFailure.newBuilder();
    private @Nullable ResourceInfo resource;
    private @Nullable RetryInfo retry;
    private @Nullable RequestInfo request;

    private Refusal(ErrorReason reason, ErrorDomain domain) {
        if (reason == ErrorReason.ERROR_REASON_UNSPECIFIED || reason == ErrorReason.UNRECOGNIZED) {
            throw new IllegalArgumentException("a refusal needs a reason");
        }
        this.reason = reason;
        this.domain = domain;
        this.what = ReasonTable.wireName(reason).toLowerCase(Locale.ROOT).replace('_', ' ');
        this.fix = ReasonTable.advice(reason).getFix();
    }

    /** Starts a refusal of {@code domain}. */
    public static Refusal of(ErrorReason reason, ErrorDomain domain) {
        return new Refusal(reason, domain);
    }

    /**
     * The message: one sentence with the facts, for example {@code what("VM %s is on node %s", vm,
     * node)}.
     */
    public Refusal what(String format, Object... values) {
        this.what = values.length == 0 ? format : String.format(Locale.ROOT, format, values);
        return this;
    }

    /** What to do, when more is known than the reason's general sentence. */
    public Refusal fix(String format, Object... values) {
        this.fix = values.length == 0 ? format : String.format(Locale.ROOT, format, values);
        return this;
    }

    /** A fact for programs: lowerCamelCase key, value as text. */
    public Refusal with(String key, Object value) {
        metadata.put(key, String.valueOf(value));
        return this;
    }

    /**
     * A field that breaks a rule; {@code why} is the rule's id, for example {@code string.pattern}.
     */
    public Refusal violation(String field, String why, String description) {
        badRequest.addFieldViolations(
                BadRequest.FieldViolation.newBuilder()
                        .setField(field)
                        .setReason(why)
                        .setDescription(description));
        return this;
    }

    /** All violations that were collected. */
    public Refusal violations(Iterable<BadRequest.FieldViolation> collected) {
        badRequest.addAllFieldViolations(collected);
        return this;
    }

    /**
     * A condition that does not hold: {@code type} as UPPER_SNAKE, {@code subject} a resource name.
     */
    public Refusal precondition(String type, String subject, String description) {
        preconditions.addViolations(
                PreconditionFailure.Violation.newBuilder()
                        .setType(type)
                        .setSubject(subject)
                        .setDescription(description));
        return this;
    }

    /** A limit that is reached. */
    public Refusal quota(String subject, String description) {
        quotas.addViolations(
                QuotaFailure.Violation.newBuilder()
                        .setSubject(subject)
                        .setDescription(description));
        return this;
    }

    /**
     * The resource that is meant; {@code type} for example {@code compute.tlvm.io/VirtualMachine}.
     */
    public Refusal resource(String type, String name) {
        this.resource =
                ResourceInfo.newBuilder().setResourceType(type).setResourceName(name).build();
        return with("resource", name);
    }

    /** When repeating is worth it. */
    public Refusal retryAfter(Duration delay) {
        this.retry =
                RetryInfo.newBuilder()
                        .setRetryDelay(
                                com.google.protobuf.Duration.newBuilder()
                                        .setSeconds(delay.getSeconds())
                                        .setNanos(delay.getNano()))
                        .build();
        return this;
    }

    /** Ties the refusal to the server's log. */
    public Refusal request(String requestId) {
        this.request = RequestInfo.newBuilder().setRequestId(requestId).build();
        return this;
    }

    /** The refusal as it travels, also inside google.longrunning.Operation.error. */
    public Status asStatus() {
        Status.Builder status =
                Status.newBuilder()
                        .setCode(ReasonTable.advice(reason).getCode().getNumber())
                        .setMessage(what)
                        .addDetails(
                                Any.pack(
                                        ErrorInfo.newBuilder()
                                                .setReason(ReasonTable.wireName(reason))
                                                .setDomain(domain.text())
                                                .putAllMetadata(metadata)
                                                .build()));
        if (badRequest.getFieldViolationsCount() > 0) {
            status.addDetails(Any.pack(badRequest.build()));
        }
        if (preconditions.getViolationsCount() > 0) {
            status.addDetails(Any.pack(preconditions.build()));
        }
        if (quotas.getViolationsCount() > 0) {
            status.addDetails(Any.pack(quotas.build()));
        }
        if (resource != null) {
            status.addDetails(Any.pack(resource));
        }
        if (retry != null) {
            status.addDetails(Any.pack(retry));
        }
        if (request != null) {
            status.addDetails(Any.pack(request));
        }
        return status.addDetails(
                        Any.pack(
                                Help.newBuilder()
                                        .addLinks(
                                                Help.Link.newBuilder()
                                                        .setDescription(fix)
                                                        .setUrl(
                                                                "/errors/"
                                                                        + ReasonTable.wireName(
                                                                                reason)))
                                        .build()))
                .build();
    }

    /** The refusal as the exception that gRPC servers throw; details travel in the trailers. */
    public StatusRuntimeException asException() {
        return StatusProto.toStatusRuntimeException(asStatus());
    }
}
