package io.tlvm.vm.machine;

import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Phase;
import io.tlvm.vm.node.ClusterNode;

import java.util.Optional;

/**
 * A VM with what is known about it elsewhere, all read in one transaction.
 *
 * @param row its ownership row; absent before PLACE
 * @param owner the node that the row names as owner
 * @param operation the operation in progress, its full name
 */
public record MachineView(
        Machine machine,
        Optional<OwnershipRow> row,
        Optional<ClusterNode> owner,
        Optional<String> operation) {

    /** Whether the guest runs, as far as it is known. */
    public PowerState power() {
        return row.map(this::power).orElse(PowerState.STOPPED);
    }

    private PowerState power(OwnershipRow known) {
        return switch (known.phase()) {
            case Phase.Running _ when silent() -> PowerState.UNKNOWN;
            case Phase.Running(_, _, _, var stop) when stop != null -> PowerState.STOPPING;
            case Phase.Running(_, _, var activated, _) when activated -> PowerState.RUNNING;
            case Phase.Running(_, var mode, _, _) ->
                    switch (mode) {
                        case COLD, RESUME -> PowerState.STARTING;
                        case ADOPT -> PowerState.MIGRATING;
                    };
            case Phase.Migrating _, Phase.Handover _, Phase.Released _ ->
                    silent() ? PowerState.UNKNOWN : PowerState.MIGRATING;
            case Phase.Recovering recovering ->
                    switch (recovering.wanted()) {
                        case RUNNING -> PowerState.STARTING;
                        case STOPPED -> PowerState.STOPPED;
                    };
            case Phase.Creating _,
                    Phase.Stopped _,
                    Phase.Deleting _,
                    Phase.Purged _,
                    Phase.Quarantined _ ->
                    PowerState.STOPPED;
        };
    }

    /** Deleted, and restorable until its purge time. */
    public boolean deleted() {
        return row.isPresent() && row.get().phase() instanceof Phase.Deleting;
    }

    private boolean silent() {
        return owner.map(node -> !node.reachable()).orElse(true);
    }
}
