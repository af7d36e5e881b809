package io.tlvm.ownership.id;

import java.util.regex.Pattern;

/**
 * Names a node of the cluster; a DNS label (RFC 1034, at most 63 characters), the same as in its
 * certificate.
 */
public record NodeName(String value) implements Comparable<NodeName> {
    private static final Pattern LABEL = Pattern.compile("[a-z]([a-z0-9-]{0,61}[a-z0-9])?");

    public NodeName {
        if (!LABEL.matcher(value).matches()) {
            throw new IllegalArgumentException("not a node name: " + value);
        }
    }

    @Override
    public int compareTo(NodeName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
