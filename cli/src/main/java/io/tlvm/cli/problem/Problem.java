package io.tlvm.cli.problem;

import com.google.rpc.BadRequest;
import com.google.rpc.PreconditionFailure;

import io.tlvm.foundation.refusal.RefusalView;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Why a command ends without success.
 *
 * @param reason upper snake case; of a service's refusal the name that {@code tlvm explain} knows
 * @param what one sentence with the facts
 * @param fix what to do; empty when nothing is known
 * @param points one line per field violation or condition that does not hold
 * @param requestId key into the service's log; empty if none came
 * @param exitCode 1 to 10, see {@code error_reason.proto}
 */
public record Problem(
        String reason,
        String what,
        String fix,
        List<String> points,
        String requestId,
        int exitCode) {

    private static final int FAILED = 1;
    private static final int USAGE = 2;
    private static final int EXISTS = 4;
    private static final int STATE = 5;
    private static final int PERMISSION = 6;
    private static final int TIMEOUT = 8;
    private static final int INTEGRITY = 9;

    /**
     * @throws IllegalArgumentException for an exit code that means success or nothing
     */
    public Problem {
        if (exitCode < 1 || exitCode > 10) {
            throw new IllegalArgumentException("exit code " + exitCode + " is not within 1 to 10");
        }
        points = List.copyOf(points);
    }

    /** What a service, or the way to it, said. */
    public static Problem of(RefusalView refusal) {
        var points = new ArrayList<String>();
        for (BadRequest.FieldViolation violation : refusal.violations()) {
            points.add(violation.getField() + ": " + violation.getDescription());
        }
        for (PreconditionFailure.Violation condition : refusal.preconditions()) {
            points.add(condition.getSubject() + ": " + condition.getDescription());
        }
        points.addAll(alternatives(refusal.metadata()));
        return new Problem(
                refusal.wireReason(),
                refusal.message(),
                refusal.fix(),
                points,
                refusal.requestId(),
                refusal.exitCode());
    }

    private static List<String> alternatives(Map<String, String> metadata) {
        var points = new ArrayList<String>();
        for (String key : List.of("suggestions", "alternatives", "rejected")) {
            String value = metadata.getOrDefault(key, "");
            if (!value.isBlank()) {
                points.add(key + ": " + value);
            }
        }
        return points;
    }

    /** Wrong arguments or configuration; exit code 2. */
    public static Problem usage(String what, String fix) {
        return new Problem("USAGE", what, fix, List.of(), "", USAGE);
    }

    /** Something on this machine failed; exit code 1. */
    public static Problem failed(String what, String fix) {
        return new Problem("FAILED", what, fix, List.of(), "", FAILED);
    }

    /** The user's own identity cannot be used; exit code 6. */
    public static Problem identity(String what, String fix) {
        return new Problem("PEER_IDENTITY_UNTRUSTED", what, fix, List.of(), "", PERMISSION);
    }

    /** Something is not in the state that is needed; exit code 5. */
    public static Problem state(String what, String fix) {
        return new Problem("INVALID_STATE", what, fix, List.of(), "", STATE);
    }

    /** The command's patience is over; exit code 8. */
    public static Problem timeout(String what, String fix) {
        return new Problem("TIMED_OUT", what, fix, List.of(), "", TIMEOUT);
    }

    /** Content is not what it is said to be; exit code 9. */
    public static Problem integrity(String what, String fix) {
        return new Problem("IMAGE_DIGEST_MISMATCH", what, fix, List.of(), "", INTEGRITY);
    }

    /** The audit chain, or what should prove something about it, is not as it was; exit code 9. */
    public static Problem chainBroken(String what, String fix) {
        return new Problem("AUDIT_CHAIN_BROKEN", what, fix, List.of(), "", INTEGRITY);
    }

    /** A backup of guest state is not what it must be; exit code 9. */
    public static Problem guestState(String what, String fix) {
        return new Problem("GUEST_STATE_CORRUPT", what, fix, List.of(), "", INTEGRITY);
    }

    /** Something has the name already; exit code 4. */
    public static Problem exists(String what, String fix) {
        return new Problem("ALREADY_EXISTS", what, fix, List.of(), "", EXISTS);
    }

    /** The same with another advice. */
    public Problem withFix(String advice) {
        return new Problem(reason, what, advice, points, requestId, exitCode);
    }

    /** Writes it for people. */
    public void print(PrintStream err) {
        err.println(reason + ": " + what);
        for (String point : points) {
            // A single violation is the sentence itself.
            if (!what.contains(point)) {
                err.println("  • " + point);
            }
        }
        if (!fix.isBlank()) {
            err.println("fix: " + fix);
        }
        if (!requestId.isBlank()) {
            err.println("request: " + requestId);
        }
    }
}
