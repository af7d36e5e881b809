package io.tlvm.ownership.id;

import java.util.UUID;

/** Names one long-running operation; a lower-case UUID. */
public record OperationId(String value) {
    public OperationId {
        if (!UUID.fromString(value).toString().equals(value)) {
            throw new IllegalArgumentException("operation id is not a lower-case UUID: " + value);
        }
    }

    /** The first eight hexadecimal digits, as they stand in the names of directories. */
    public String prefix() {
        return value.substring(0, 8);
    }

    @Override
    public String toString() {
        return value;
    }
}
