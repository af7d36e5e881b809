package io.tlvm.agent.keys;

import io.tlvm.foundation.keyset.KeyContexts;
import io.tlvm.ownership.id.NodeName;

import java.util.regex.Pattern;

/**
 * Who a state key is wrapped for.
 *
 * @param value {@code node/<node name>} or {@code recovery/<key id>}
 */
public record Recipient(String value) {
    private static final Pattern FORM =
            Pattern.compile("(node|recovery)/[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

    /** Refuses any other form. */
    public Recipient {
        if (!FORM.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    "a recipient is node/<node name> or recovery/<key id>, not \"%s\""
                            .formatted(value));
        }
    }

    /** A node's own keyset. */
    public static Recipient node(NodeName node) {
        return new Recipient("node/" + node.value());
    }

    /** The cluster's recovery key, by the id under which the control plane's key vault knows it. */
    public static Recipient recovery(String keyId) {
        return new Recipient(KeyContexts.recoveryRecipient(keyId));
    }

    /** Whether it is a recovery key of the cluster. */
    public boolean isRecovery() {
        return KeyContexts.isForRecovery(value);
    }

    @Override
    public String toString() {
        return value;
    }
}
