package io.tlvm.vm.postgres;

import io.smallrye.mutiny.Uni;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.row.Coordinator;
import io.tlvm.ownership.row.GuestIdentity;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Phase;
import io.tlvm.vm.ownership.NamedNodes;
import io.tlvm.vm.ownership.OpenAttempt;

import org.hibernate.reactive.mutiny.Mutiny;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;

/** The two statements that write table ownership. */
final class OwnershipSql {
    private static final String INSERT =
            """
            insert into ownership (vm_uid, row_version, epoch, attempt_epoch, owner, state_ref, ek_fingerprint,
                ek_certificate, prior_owner, prior_ref, prior_epoch, phase, phase_data, clean_ups, target, owed,
                purge_time, names_nodes, holders, update_time)
            values (:vm, :version, :epoch, :attemptEpoch, :owner, :stateRef, :ekFingerprint, :ekCertificate,
                :priorOwner, :priorRef, :priorEpoch, :phase, :phaseData, :cleanUps, :target, :owed, :purgeTime,
                string_to_array(:names, ','), string_to_array(:names, ','), now())
            on conflict (vm_uid) do nothing
            """;

    private static final String COMPARE_AND_SWAP =
            """
            update ownership set row_version = :version, epoch = :epoch, attempt_epoch = :attemptEpoch,
                owner = :owner, state_ref = :stateRef, ek_fingerprint = :ekFingerprint,
                ek_certificate = :ekCertificate, prior_owner = :priorOwner, prior_ref = :priorRef,
                prior_epoch = :priorEpoch, phase = :phase, phase_data = :phaseData, clean_ups = :cleanUps,
                target = :target, owed = :owed, purge_time = :purgeTime,
                names_nodes = string_to_array(:names, ','),
                holders = array(select distinct unnest(holders || string_to_array(:names, ','))),
                update_time = now()
            where vm_uid = :vm and row_version = :expected
            """;

    private OwnershipSql() {}

    /** Whether it was inserted; false when the VM has a row. */
    static Uni<Boolean> insert(Mutiny.Session session, OwnershipRow row) {
        return bind(session.createNativeQuery(INSERT), row)
                .executeUpdate()
                .map(inserted -> inserted == 1);
    }

    /** Whether the row was still of version {@code expected}. */
    static Uni<Boolean> compareAndSwap(
            Mutiny.Session session, RowVersion expected, OwnershipRow next) {
        if (!next.version().equals(expected.next())) {
            throw new IllegalArgumentException(
                    "version " + next.version() + " does not follow " + expected);
        }
        return bind(session.createNativeQuery(COMPARE_AND_SWAP), next)
                .setParameter("expected", expected.value())
                .executeUpdate()
                .map(updated -> updated == 1);
    }

    private static <T> Mutiny.MutationQuery bind(Mutiny.Query<T> statement, OwnershipRow row) {
        Optional<OwnershipRow.Prior> prior = Optional.ofNullable(row.prior());
        Optional<GuestIdentity> identity = Optional.ofNullable(row.identity());
        return statement
                .setParameter("vm", UUID.fromString(row.vm().value()))
                .setParameter("version", row.version().value())
                .setParameter("epoch", row.epoch().value())
                .setParameter("attemptEpoch", row.attemptEpoch().value())
                .setParameter("owner", row.owner().value())
                .setParameter(
                        "stateRef",
                        Optional.ofNullable(row.stateRef()).map(StateRef::value).orElse(null))
                .setParameter(
                        "ekFingerprint", identity.map(GuestIdentity::ekFingerprint).orElse(null))
                .setParameter(
                        "ekCertificate", identity.map(GuestIdentity::ekCertificate).orElse(null))
                .setParameter("priorOwner", prior.map(p -> p.owner().value()).orElse(null))
                .setParameter("priorRef", prior.map(p -> p.stateRef().value()).orElse(null))
                .setParameter("priorEpoch", prior.map(p -> p.epoch().value()).orElse(null))
                .setParameter("phase", OwnershipJson.phaseName(row.phase()))
                .setParameter("phaseData", OwnershipJson.phase(row.phase()))
                .setParameter("cleanUps", OwnershipJson.cleanUps(row.cleanUps()))
                .setParameter(
                        "target", OpenAttempt.target(row.phase()).map(NodeName::value).orElse(null))
                .setParameter("owed", !Coordinator.owed(row).isEmpty())
                .setParameter("purgeTime", purgeTime(row.phase()).orElse(null))
                .setParameter(
                        "names",
                        NamedNodes.of(row).stream()
                                .map(NodeName::value)
                                .collect(Collectors.joining(",")));
    }

    private static Optional<Instant> purgeTime(Phase phase) {
        return phase instanceof Phase.Deleting(var time) ? Optional.of(time) : Optional.empty();
    }
}
