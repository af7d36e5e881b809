package io.tlvm.foundation.interceptor;

import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.foundation.refusal.Refusal;
import io.tlvm.type.v1.ErrorReason;

import jakarta.inject.Singleton;

import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

import java.net.ConnectException;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * What becomes of exceptions that nobody turned into a refusal: logged once, and told to the caller
 * as a debug id.
 */
@Singleton
class LastResort {

    private static final Logger LOG = Logger.getLogger("io.tlvm.foundation.bug");

    /** Cause chains are followed no further than this; the JDK does not forbid cycles. */
    private static final int CAUSES_MAX = 20;

    /** By name, because not every service has the PostgreSQL client on its class path. */
    private static final Set<String> DATABASE_GONE =
            Set.of("io.vertx.sqlclient.ClosedConnectionException");

    private final ErrorDomain domain;

    LastResort(ErrorDomain domain) {
        this.domain = domain;
    }

    /** Trailers of a refusal; never null. */
    static Metadata trailers(StatusRuntimeException refusal) {
        Metadata trailers = refusal.getTrailers();
        return trailers == null ? new Metadata() : trailers;
    }

    /** The exception that goes to the caller of {@code method}. */
    StatusRuntimeException refusal(Throwable thrown, String method) {
        Optional<StatusRuntimeException> meant = meant(thrown);
        if (meant.isPresent()) {
            return meant.get();
        }
        if (databaseGone(thrown)) {
            LOG.warnf("database unavailable method=%s: %s", method, thrown);
            return Refusal.of(ErrorReason.ERROR_REASON_UNAVAILABLE_DEPENDENCY, domain)
                    .what("the database of the service does not answer")
                    .with("dependency", "database")
                    .asException();
        }
        String debugId = UUID.randomUUID().toString();
        LOG.errorf(thrown, "unforeseen failure debug_id=%s method=%s", debugId, method);
        return Refusal.of(ErrorReason.ERROR_REASON_INTERNAL_BUG, domain)
                .what(
                        "the service failed in a way that its authors did not foresee, debug id %s",
                        debugId)
                .with("debugId", debugId)
                .request(debugId)
                .asException();
    }

    /**
     * A status that somebody chose on purpose; UNKNOWN is what frameworks make of everything else.
     */
    private static Optional<StatusRuntimeException> meant(Throwable thrown) {
        @Nullable Throwable cause = thrown;
        for (int depth = 0;
                cause != null && depth < CAUSES_MAX;
                depth++, cause = cause.getCause()) {
            if (cause instanceof StatusRuntimeException status
                    && status.getStatus().getCode() != Status.Code.UNKNOWN) {
                return Optional.of(status);
            }
            if (cause instanceof StatusException status
                    && status.getStatus().getCode() != Status.Code.UNKNOWN) {
                return Optional.of(
                        new StatusRuntimeException(status.getStatus(), status.getTrailers()));
            }
        }
        return Optional.empty();
    }

    private static boolean databaseGone(Throwable thrown) {
        @Nullable Throwable cause = thrown;
        for (int depth = 0;
                cause != null && depth < CAUSES_MAX;
                depth++, cause = cause.getCause()) {
            if (cause instanceof ConnectException
                    || DATABASE_GONE.contains(cause.getClass().getName())) {
                return true;
            }
        }
        return false;
    }
}
