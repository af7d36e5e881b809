package io.tlvm.vm.postgres;

import io.smallrye.mutiny.Uni;
import io.tlvm.compute.v1.AuditRecord;
import io.tlvm.vm.audit.Cause;

import org.hibernate.reactive.mutiny.Mutiny;

import java.util.Optional;

/**
 * Notes for the audit chain, in the transaction that they are about: neither is committed without
 * the other. They wait for nobody; {@link PostgresAuditChain} chains them once they are committed.
 */
final class AuditSql {
    private static final String NOBODY_ASKED = "vm-service";

    private static final String NOTE =
            """
            insert into audit_pending (actor, content)
            values (coalesce((select requester from operation where id = cast(:op as text)), :actor), :content)
            """;

    private AuditSql() {}

    /** On the word of a caller. */
    static Uni<Integer> note(Mutiny.Session session, AuditRecord content, String actor) {
        return note(session, content, actor, Optional.empty());
    }

    /** On the word of who requested the operation, or of this service where nobody asked. */
    static Uni<Integer> note(Mutiny.Session session, AuditRecord content, Cause cause) {
        return note(
                session,
                content,
                NOBODY_ASKED,
                cause.asked() ? cause.op().map(op -> op.value()) : Optional.empty());
    }

    private static Uni<Integer> note(
            Mutiny.Session session, AuditRecord content, String actor, Optional<String> op) {
        return session.createNativeQuery(NOTE)
                .setParameter("op", op.orElse(null))
                .setParameter("actor", actor)
                .setParameter("content", content.toByteArray())
                .executeUpdate();
    }
}
