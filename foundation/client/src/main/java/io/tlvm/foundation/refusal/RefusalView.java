package io.tlvm.foundation.refusal;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Help;
import com.google.rpc.PreconditionFailure;
import com.google.rpc.RequestInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;

import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.tlvm.type.v1.ErrorReason;
import io.tlvm.type.v1.RetryAdvice;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import javax.net.ssl.SSLException;

/**
 * A refusal as the client sees it, also of servers that say less than ours and of connections that
 * never came about.
 *
 * @param code status code
 * @param reason the reason; for a code without one, the reason that fits best
 * @param wireReason the reason's name as sent, kept for reasons that only a newer server knows
 * @param domain who refused, empty if nobody said
 * @param message what happened
 * @param fix what to do
 * @param metadata facts for programs
 * @param violations fields that break rules
 * @param preconditions conditions that do not hold
 * @param retry whether repeating helps
 * @param retryDelay when to repeat
 * @param requestId key into the server's log, empty if none came
 * @param exitCode exit status for the command line, 1 to 10
 */
public record RefusalView(
        Code code,
        ErrorReason reason,
        String wireReason,
        String domain,
        String message,
        String fix,
        Map<String, String> metadata,
        List<BadRequest.FieldViolation> violations,
        List<PreconditionFailure.Violation> preconditions,
        RetryAdvice retry,
        Optional<Duration> retryDelay,
        String requestId,
        int exitCode) {

    /** Cause chains are followed no further than this; the JDK does not forbid cycles. */
    private static final int CAUSES_MAX = 20;

    public RefusalView {
        metadata = Map.copyOf(metadata);
        violations = List.copyOf(violations);
        preconditions = List.copyOf(preconditions);
    }

    /** Whether a program may send the same request again by itself. */
    public boolean retryable() {
        return retry == RetryAdvice.RETRY_ADVICE_BACK_OFF;
    }

    /**
     * Reads what a call threw. A TLS failure arrives as UNAVAILABLE, which would be repeated for
     * ever; the cause tells them apart.
     */
    public static RefusalView of(Throwable thrown) {
        @Nullable Throwable tls = tlsFailure(thrown);
        if (tls != null) {
            return plain(
                    Code.UNAUTHENTICATED,
                    ErrorReason.ERROR_REASON_PEER_IDENTITY_UNTRUSTED,
                    "the connection was refused: " + tls.getMessage());
        }
        @Nullable Status status = statusOf(thrown);
        if (status == null) {
            return plain(
                    Code.UNKNOWN, ErrorReason.ERROR_REASON_INTERNAL_BUG, String.valueOf(thrown));
        }
        @Nullable IOException network = networkFailure(thrown);
        if (network != null && isBare(status)) {
            return of(
                    status.toBuilder()
                            .setMessage("no connection: " + network.getMessage())
                            .build());
        }
        return of(status);
    }

    /** Whether the call never reached a server: its network said so. */
    public static boolean isUnreachable(Throwable thrown) {
        @Nullable Status status = statusOf(thrown);
        return status != null
                && isBare(status)
                && networkFailure(thrown) != null
                && tlsFailure(thrown) == null;
    }

    private static boolean isBare(Status status) {
        return status.getCode() == Code.UNAVAILABLE.getNumber() && status.getDetailsCount() == 0;
    }

    /** grpc-java says "io exception"; what it wraps names the address and the error. */
    private static @Nullable IOException networkFailure(Throwable thrown) {
        @Nullable Throwable cause = thrown;
        for (int depth = 0;
                cause != null && depth < CAUSES_MAX;
                depth++, cause = cause.getCause()) {
            if (cause instanceof IOException network) {
                return network;
            }
        }
        return null;
    }

    /** Reads a status, for example {@code Operation.error}. */
    public static RefusalView of(Status status) {
        Code code = Optional.ofNullable(Code.forNumber(status.getCode())).orElse(Code.UNKNOWN);
        Optional<ErrorInfo> info = detail(status, ErrorInfo.class);
        ErrorReason reason =
                info.flatMap(i -> ReasonTable.byWireName(i.getReason()))
                        .orElseGet(() -> likelyReason(code));
        var advice = ReasonTable.advice(reason);
        String fix =
                detail(status, Help.class)
                        .filter(help -> help.getLinksCount() > 0)
                        .map(help -> help.getLinks(0).getDescription())
                        .orElse(advice.getFix());
        return new RefusalView(
                code,
                reason,
                info.map(ErrorInfo::getReason).orElse(ReasonTable.wireName(reason)),
                info.map(ErrorInfo::getDomain).orElse(""),
                status.getMessage(),
                fix,
                info.map(ErrorInfo::getMetadataMap).orElse(Map.of()),
                detail(status, BadRequest.class)
                        .map(BadRequest::getFieldViolationsList)
                        .orElse(List.of()),
                detail(status, PreconditionFailure.class)
                        .map(PreconditionFailure::getViolationsList)
                        .orElse(List.of()),
                advice.getRetry(),
                detail(status, RetryInfo.class)
                        .map(
                                r ->
                                        Duration.ofSeconds(
                                                r.getRetryDelay().getSeconds(),
                                                r.getRetryDelay().getNanos())),
                detail(status, RequestInfo.class).map(RequestInfo::getRequestId).orElse(""),
                advice.getExitCode());
    }

    private static RefusalView plain(Code code, ErrorReason reason, String message) {
        return of(
                Status.newBuilder()
                        .setCode(code.getNumber())
                        .setMessage(message)
                        .addDetails(
                                Any.pack(
                                        ErrorInfo.newBuilder()
                                                .setReason(ReasonTable.wireName(reason))
                                                .build()))
                        .build());
    }

    private static @Nullable Throwable tlsFailure(Throwable thrown) {
        @Nullable Throwable cause = thrown;
        for (int depth = 0;
                cause != null && depth < CAUSES_MAX;
                depth++, cause = cause.getCause()) {
            if (cause instanceof CertificateException
                    || cause instanceof SSLException
                            && !(cause.getCause() instanceof SSLException)
                            && !hasCertificateCause(cause)) {
                return cause;
            }
        }
        return null;
    }

    /** The certificate's own exception says more than the handshake's around it. */
    private static boolean hasCertificateCause(Throwable tls) {
        @Nullable Throwable cause = tls.getCause();
        for (int depth = 0;
                cause != null && depth < CAUSES_MAX;
                depth++, cause = cause.getCause()) {
            if (cause instanceof CertificateException) {
                return true;
            }
        }
        return false;
    }

    private static @Nullable Status statusOf(Throwable thrown) {
        @Nullable Throwable cause = thrown;
        for (int depth = 0;
                cause != null && depth < CAUSES_MAX;
                depth++, cause = cause.getCause()) {
            if (cause instanceof StatusRuntimeException || cause instanceof StatusException) {
                return StatusProto.fromThrowable(cause);
            }
        }
        return null;
    }

    /** Servers of others, proxies and grpc-java itself send codes without reasons. */
    private static ErrorReason likelyReason(Code code) {
        return switch (code) {
            case INVALID_ARGUMENT -> ErrorReason.ERROR_REASON_VALIDATION_FAILED;
            case NOT_FOUND -> ErrorReason.ERROR_REASON_RESOURCE_NOT_FOUND;
            case ALREADY_EXISTS -> ErrorReason.ERROR_REASON_ALREADY_EXISTS;
            case PERMISSION_DENIED -> ErrorReason.ERROR_REASON_PERMISSION_DENIED;
            case UNAUTHENTICATED -> ErrorReason.ERROR_REASON_PEER_IDENTITY_UNTRUSTED;
            case RESOURCE_EXHAUSTED -> ErrorReason.ERROR_REASON_TOO_MANY_REQUESTS;
            case FAILED_PRECONDITION -> ErrorReason.ERROR_REASON_INVALID_STATE;
            case ABORTED -> ErrorReason.ERROR_REASON_ETAG_MISMATCH;
            case OUT_OF_RANGE -> ErrorReason.ERROR_REASON_WATCH_EXPIRED;
            case UNIMPLEMENTED -> ErrorReason.ERROR_REASON_FEATURE_NOT_AVAILABLE;
            case DEADLINE_EXCEEDED -> ErrorReason.ERROR_REASON_TIMED_OUT;
            case CANCELLED -> ErrorReason.ERROR_REASON_OPERATION_CANCELLED;
            case UNAVAILABLE -> ErrorReason.ERROR_REASON_UNAVAILABLE_DEPENDENCY;
            case OK, UNKNOWN, INTERNAL, DATA_LOSS, UNRECOGNIZED ->
                    ErrorReason.ERROR_REASON_INTERNAL_BUG;
        };
    }

    private static <T extends Message> Optional<T> detail(Status status, Class<T> type) {
        for (Any any : status.getDetailsList()) {
            if (any.is(type)) {
                try {
                    return Optional.of(any.unpack(type));
                } catch (InvalidProtocolBufferException damaged) {
                    return Optional.empty();
                }
            }
        }
        return Optional.empty();
    }
}
