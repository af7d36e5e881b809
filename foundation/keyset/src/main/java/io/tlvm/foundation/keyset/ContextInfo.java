package io.tlvm.foundation.keyset;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What a sealed or derived value is for. It opens only where the same label and fields are named
 * again, so that a value sealed for one machine, directory, operation or node is useless for
 * another.
 *
 * @param label the purpose and its version, for example {@code tlvm/state-key-wrap/1}
 * @param fields what it is bound to, in the order that the purpose defines
 */
public record ContextInfo(String label, List<String> fields) {
    /** Refuses an empty label. */
    public ContextInfo {
        if (label.isEmpty()) {
            throw new IllegalArgumentException("a context needs a label");
        }
        fields = List.copyOf(fields);
    }

    /** A label and its fields. */
    public static ContextInfo of(String label, String... fields) {
        return new ContextInfo(label, List.of(fields));
    }

    /**
     * Label and fields, each preceded by its length in bytes (big-endian, 32 bits): no two contexts
     * look alike.
     */
    public byte[] bytes() {
        List<byte[]> parts = new ArrayList<>();
        parts.add(label.getBytes(UTF_8));
        fields.forEach(field -> parts.add(field.getBytes(UTF_8)));
        ByteBuffer out =
                ByteBuffer.allocate(
                        parts.stream().mapToInt(part -> Integer.BYTES + part.length).sum());
        parts.forEach(part -> out.putInt(part.length).put(part));
        return out.array();
    }
}
