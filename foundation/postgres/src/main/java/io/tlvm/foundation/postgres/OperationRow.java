package io.tlvm.foundation.postgres;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.Status;

import io.tlvm.foundation.operation.OperationName;
import io.tlvm.foundation.operation.OperationRecord;
import io.tlvm.foundation.operation.OperationState;
import io.tlvm.foundation.refusal.ErrorDomain;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;
import org.jspecify.annotations.NullUnmarked;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * Table operation, as the migrations of each service make it. Columns that one service has beyond
 * these are that service's own business.
 */
@Entity
@Table(name = "operation")
@NullUnmarked // fields are set by Hibernate
class OperationRow {
    @Id String id;

    String project;
    String kind;
    String target;
    String requester;
    byte[] metadata;

    @Enumerated(EnumType.STRING)
    @JdbcTypeCode(SqlTypes.VARCHAR)
    OperationState state;

    String step;
    byte[] error;
    byte[] response;

    @Column(name = "create_time")
    Instant createTime;

    @Column(name = "update_time")
    Instant updateTime;

    @Column(name = "claimed_by")
    String claimedBy;

    @Column(name = "claimed_until")
    Instant claimedUntil;

    @Column(name = "cancel_requested")
    boolean cancelRequested;

    static OperationRow of(OperationRecord operation) {
        var row = new OperationRow();
        row.id = operation.name().id().toString();
        row.project = operation.name().project();
        row.kind = operation.kind();
        row.target = operation.target();
        row.requester = operation.requester();
        row.metadata = operation.metadata().toByteArray();
        row.state = operation.state();
        row.step = operation.step();
        row.error = operation.error().map(Status::toByteArray).orElse(null);
        row.response = operation.response().map(Any::toByteArray).orElse(null);
        row.createTime = operation.createTime();
        row.updateTime = operation.updateTime();
        row.claimedBy = operation.claimedBy().orElse(null);
        row.claimedUntil = operation.claimedUntil().orElse(null);
        row.cancelRequested = operation.cancelRequested();
        return row;
    }

    /**
     * @param service whose database this is
     */
    OperationRecord toRecord(ErrorDomain service) {
        try {
            return new OperationRecord(
                    OperationName.of(project, service, UUID.fromString(id)),
                    kind,
                    target,
                    requester,
                    Any.parseFrom(metadata),
                    state,
                    step,
                    error == null ? Optional.empty() : Optional.of(Status.parseFrom(error)),
                    response == null ? Optional.empty() : Optional.of(Any.parseFrom(response)),
                    createTime,
                    updateTime,
                    Optional.ofNullable(claimedBy),
                    Optional.ofNullable(claimedUntil),
                    cancelRequested);
        } catch (InvalidProtocolBufferException damaged) {
            throw new IllegalStateException("operation " + id + " is damaged", damaged);
        }
    }
}
