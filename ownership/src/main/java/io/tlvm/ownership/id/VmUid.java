package io.tlvm.ownership.id;

import java.util.UUID;

/** Names a VM for ever; a lower-case UUID, never reused, also not after the VM was purged. */
public record VmUid(String value) {
    public VmUid {
        if (!UUID.fromString(value).toString().equals(value)) {
            throw new IllegalArgumentException("VM uid is not a lower-case UUID: " + value);
        }
    }

    public static VmUid of(UUID uuid) {
        return new VmUid(uuid.toString());
    }

    @Override
    public String toString() {
        return value;
    }
}
