package io.tlvm.foundation.request;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Duration;
import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Durations and timestamps outside of what their protos allow (google/protobuf/duration.proto,
 * timestamp.proto). On the wire they may hold anything, and nothing that calculates with them
 * expects that, the rule checker included.
 */
final class TimeFields {
    private static final int DEPTH_MAX = 32;

    private TimeFields() {}

    /**
     * The request without them, for the rules; adds a violation for each.
     *
     * @return {@code request} itself when all are good
     */
    static Message cleaned(Message request, FieldViolations violations) {
        return cleaned(request, "", 0, violations);
    }

    private static Message cleaned(
            Message message, String path, int depth, FieldViolations violations) {
        if (depth == DEPTH_MAX) {
            return message;
        }
        Message.Builder copy = message.toBuilder();
        boolean changed = false;
        for (Map.Entry<FieldDescriptor, Object> set : message.getAllFields().entrySet()) {
            FieldDescriptor field = set.getKey();
            if (field.getJavaType() != FieldDescriptor.JavaType.MESSAGE) {
                continue;
            }
            String name = path.isEmpty() ? field.getName() : path + "." + field.getName();
            List<?> values =
                    field.isRepeated() ? (List<?>) set.getValue() : List.of(set.getValue());
            List<Message> good = new ArrayList<>();
            for (int i = 0; i < values.size(); i++) {
                Message value = (Message) values.get(i);
                String where = field.isRepeated() ? name + "[" + i + "]" : name;
                if (isTime(value, where, violations)) {
                    good.add(cleaned(value, where, depth + 1, violations));
                }
            }
            if (!good.equals(values)) {
                changed = true;
                copy.clearField(field);
                for (Message value : good) {
                    if (field.isRepeated()) {
                        copy.addRepeatedField(field, value);
                    } else {
                        copy.setField(field, value);
                    }
                }
            }
        }
        return changed ? copy.buildPartial() : message;
    }

    /** False, with a violation, for a duration or timestamp that is none. */
    private static boolean isTime(Message value, String path, FieldViolations violations) {
        switch (value.getDescriptorForType().getFullName()) {
            case "google.protobuf.Duration" -> {
                var duration =
                        Duration.newBuilder()
                                .setSeconds(number(value, "seconds"))
                                .setNanos((int) number(value, "nanos"))
                                .build();
                if (!Durations.isValid(duration)) {
                    violations.add(
                            path,
                            "duration",
                            "must be a duration of at most 10000 years whose seconds and nanos have"
                                    + " one sign");
                    return false;
                }
                return true;
            }
            case "google.protobuf.Timestamp" -> {
                var time =
                        Timestamp.newBuilder()
                                .setSeconds(number(value, "seconds"))
                                .setNanos((int) number(value, "nanos"))
                                .build();
                if (!Timestamps.isValid(time)) {
                    violations.add(
                            path,
                            "timestamp",
                            "must be a time of the years 1 to 9999 with nanos from 0 to 999999999");
                    return false;
                }
                return true;
            }
            default -> {
                return true;
            }
        }
    }

    /** A request may be a dynamic message, so the field is found by its name. */
    private static long number(Message value, String field) {
        return ((Number) value.getField(value.getDescriptorForType().findFieldByName(field)))
                .longValue();
    }
}
