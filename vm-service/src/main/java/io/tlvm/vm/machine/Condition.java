package io.tlvm.vm.machine;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Something that is true of a VM or not.
 *
 * @param type such as {@code VtpmHealthy}
 * @param status {@code True}, {@code False} or {@code Unknown}
 * @param reason upper snake case
 * @param message a sentence
 * @param since when the status changed last
 */
public record Condition(String type, String status, String reason, String message, Instant since) {

    /** The swtpm of a running VM lives and works. */
    public static final String VTPM_HEALTHY = "VtpmHealthy";

    /** Owner, mode and links of every path of the guest state are exact. */
    public static final String PERMISSIONS_EXACT = "PermissionsExact";

    /** A lost node's VM is recovered elsewhere, or cannot be; the message says what may be done. */
    public static final String RECOVERABLE = "Recoverable";

    /** A backup of the guest state was made lately; the message says when, or since when not. */
    public static final String GUEST_STATE_BACKED_UP = "GuestStateBackedUp";

    /** The firmware handed over to a boot loader that it trusts. */
    public static final String BOOT_VERIFIED = "BootVerified";

    /**
     * {@code conditions} with this one in the place of its type's; the time of an unchanged status
     * stays.
     */
    public List<Condition> into(List<Condition> conditions) {
        Optional<Condition> before =
                conditions.stream().filter(old -> old.type().equals(type)).findFirst();
        Condition kept =
                before.filter(old -> old.status().equals(status))
                        .map(old -> new Condition(type, status, reason, message, old.since()))
                        .orElse(this);
        if (before.isPresent() && before.get().equals(kept)) {
            return conditions;
        }
        List<Condition> all =
                new ArrayList<>(
                        conditions.stream().filter(old -> !old.type().equals(type)).toList());
        all.add(kept);
        return List.copyOf(all);
    }
}
