package io.tlvm.vm.api;

import io.tlvm.node.v1.OwnershipView;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Phase;
import io.tlvm.vm.ownership.OpenAttempt;

import java.util.Locale;

/** Ownership rows as nodes see them. */
final class Ownership {
    private Ownership() {}

    static OwnershipView view(OwnershipRow row) {
        var view =
                OwnershipView.newBuilder()
                        .setVmUid(row.vm().value())
                        .setRowVersion(row.version().value())
                        .setEpoch(row.epoch().value())
                        .setOwner(row.owner().value())
                        .setPhase(phaseName(row.phase()));
        if (row.stateRef() != null) {
            view.setStateRef(row.requireStateRef().value());
        }
        OpenAttempt.of(row.phase())
                .ifPresent(
                        attempt -> {
                            view.setTarget(attempt.target().value())
                                    .setAttemptEpoch(attempt.epoch().value())
                                    .setOpId(attempt.op().value());
                            if (attempt.prepared() != null) {
                                view.setTargetDir(attempt.directory().value());
                            }
                        });
        switch (row.phase()) {
            case Phase.Recovering(var op, var target, var epoch, var directory, _) ->
                    view.setOpId(op.value())
                            .setTarget(target.value())
                            .setAttemptEpoch(epoch.value())
                            .setTargetDir(directory.value());
            case Phase.Creating(var op) -> view.setOpId(op.value());
            case Phase.Running(var op, _, _, _) -> view.setOpId(op.value());
            case Phase.Purged(var op, _) -> view.setOpId(op.value());
            case Phase.Stopped _,
                    Phase.Migrating _,
                    Phase.Handover _,
                    Phase.Released _,
                    Phase.Deleting _,
                    Phase.Quarantined _ -> {
                // no operation, or that of the attempt
            }
        }
        OwnershipRow.Prior prior = row.prior();
        if (prior != null) {
            view.setPriorOwner(prior.owner().value()).setPriorRef(prior.stateRef().value());
        }
        return view.build();
    }

    /** Upper case, as OwnershipView and GuestState have it. */
    static String phaseName(Phase phase) {
        return phase.getClass().getSimpleName().toUpperCase(Locale.ROOT);
    }
}
