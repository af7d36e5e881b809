package io.tlvm.vm.audit;

import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.row.Event;

import java.util.Optional;

/**
 * Why a row changes, as the audit keeps it.
 *
 * @param event the name of the event
 * @param op the operation that it belongs to
 * @param asked whether somebody asked for just this: then it is on the word of who requested the
 *     operation, otherwise on that of vm-service
 * @param detail what the event says besides; may be empty
 */
public record Cause(String event, Optional<OperationId> op, boolean asked, String detail) {

    /** The insertion of the row. */
    public static Cause placed(OperationId op) {
        return asked("Placed", op, "");
    }

    /** The end of a VM that never had a row. */
    public static Cause removed(OperationId op) {
        return asked("Removed", op, "");
    }

    /** The event. */
    public static Cause of(Event event) {
        String name = event.getClass().getSimpleName();
        return switch (event) {
            case Event.StartAsked(var op) -> asked(name, op, "");
            case Event.StopAsked(var op, var mode) -> asked(name, op, mode.name());
            case Event.MigrationAsked(var op, var target, _) -> asked(name, op, "to " + target);
            case Event.DeleteAsked(var op, var purgeTime) -> asked(name, op, "until " + purgeTime);
            case Event.UndeleteAsked(var op) -> asked(name, op, "");
            case Event.PurgeAsked(var op, _) -> asked(name, op, "");
            case Event.StateCreated(var op, _, var directory, var identity) ->
                    came(name, op, directory + ", TPM " + identity.ekFingerprint());
            case Event.CreateWithdrawn(var op, _, var next) -> came(name, op, "next " + next);
            case Event.TargetPrepared(var op, var prepared) ->
                    came(name, op, prepared.directory().value());
            case Event.DeadlineExtended(var op, var deadline) -> came(name, op, "to " + deadline);
            case Event.SourceReady(var op) -> came(name, op, "");
            case Event.SourceReleased(var op, var digest) -> came(name, op, digest.value());
            case Event.TargetLoaded(var op, var digest) -> came(name, op, digest.value());
            case Event.NodeLost(var op, var target) -> came(name, op, "to " + target);
            case Event.StateStored(var op, _, var digest) -> came(name, op, digest.value());
            case Event.Aborted(var op, var why) -> came(name, op, why);
            case Event.CleanedUp(var cleanUp) ->
                    came(name, cleanUp.op(), cleanUp.kind() + " on " + cleanUp.node());
            case Event.StateRefused(_, var evidence) -> came(name, evidence);
            case Event.Purged(var node) -> came(name, "on " + node);
            case Event.NotClaimed(_, var sourceHolds) ->
                    came(name, sourceHolds ? "the source holds the guest" : "");
            case Event.Exited _, Event.Activated _, Event.OwnerReturned _ -> came(name, "");
        };
    }

    private static Cause asked(String event, OperationId op, String detail) {
        return new Cause(event, Optional.of(op), true, detail);
    }

    private static Cause came(String event, OperationId op, String detail) {
        return new Cause(event, Optional.of(op), false, detail);
    }

    private static Cause came(String event, String detail) {
        return new Cause(event, Optional.empty(), false, detail);
    }
}
