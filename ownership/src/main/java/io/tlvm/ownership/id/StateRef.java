package io.tlvm.ownership.id;

import java.util.regex.Pattern;

/**
 * Names the one directory that holds a VM's guest state, {@code g<epoch>-<8 of operation id>}.
 * Nothing derives it by arithmetic: it is made once, for one attempt, and from then on read from
 * the row.
 */
public record StateRef(String value) {
    private static final Pattern FORM = Pattern.compile("g[0-9]{1,19}-[0-9a-f]{8}");

    public StateRef {
        if (!FORM.matcher(value).matches()) {
            throw new IllegalArgumentException("not a state_ref: " + value);
        }
    }

    /** The directory of one attempt; called only where the attempt is made. */
    public static StateRef ofAttempt(Epoch epoch, OperationId op) {
        return new StateRef("g" + epoch + "-" + op.prefix());
    }

    @Override
    public String toString() {
        return value;
    }
}
