package io.tlvm.vm.refusal;

import io.tlvm.vm.ownership.StepFailure;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Refusals of the room of machines. */
public sealed interface MachineRefusal extends VmRefusal {

    /** There is no such VM; {@code suggestions} are names that look alike. */
    record NotFound(String name, List<String> suggestions) implements MachineRefusal {}

    /** Another VM, perhaps a deleted one that can be restored, has the name. */
    record NameTaken(String name, boolean deleted) implements MachineRefusal {}

    /** Security type TRUSTED_LAUNCH with one or both of its parts switched off. */
    record TrustedLaunchNeedsBoth(boolean vtpm, boolean secureBoot) implements MachineRefusal {}

    /** The Secure Boot firmware does not boot with so little memory. */
    record MemoryTooSmall(long memoryMib, long leastMib) implements MachineRefusal {}

    /** A field breaks a rule that the contract cannot express. */
    record FieldInvalid(String field, String rule, String sentence) implements MachineRefusal {}

    /** Not built; {@code instead} says what there is. */
    record NotBuilt(String feature, String instead) implements MachineRefusal {}

    /** Another operation works on the VM. */
    record Busy(String name, String operation, String kind, Instant started, String requester)
            implements MachineRefusal {}

    /** The VM changed since the caller read it. */
    record EtagDiffers(String expected, String actual) implements MachineRefusal {}

    /** The power state does not allow the verb. */
    record WrongPowerState(String name, String current, String required, String verb)
            implements MachineRefusal {}

    /** The provisioning state does not allow the verb. */
    record WrongState(String name, String current, String required, String verb)
            implements MachineRefusal {}

    /** The VM is not deleted, so there is nothing to take back. */
    record NotDeleted(String name) implements MachineRefusal {}

    /** The request id was used before with another body. */
    record RequestIdReused(String requestId) implements MachineRefusal {}

    /** Guest state does not match what was sealed. */
    record InQuarantine(String name, String node, String evidence) implements MachineRefusal {}

    /** The guest ended before it could be said that it runs. */
    record GuestEnded(String name, String node, String reason) implements MachineRefusal {}

    /** A node refused a step, and repeating it does not help. */
    record StepFailed(String name, String step, String node, StepFailure failure)
            implements MachineRefusal {}

    /** A step did not end in time. */
    record TookTooLong(String name, String step, Duration limit) implements MachineRefusal {}

    /** Somebody cancelled the operation. */
    record OperationCancelled(String operation, String verb) implements MachineRefusal {}

    /** The configured range of user ids is used up. */
    record UserIdsUsedUp(long first, long count) implements MachineRefusal {}
}
