package io.tlvm.agent.hypervisor.qemu;

import com.fasterxml.jackson.databind.JsonNode;

import io.tlvm.agent.hypervisor.qemu.QmpException.QmpNotConfirmed;

import java.util.Locale;

/**
 * Reading replies: a member that the schema promises and that is not there is a failure, not a
 * default.
 */
final class Wire {
    private Wire() {}

    static <E extends Enum<E>> E parse(String verb, Class<E> type, String wire) {
        try {
            return Enum.valueOf(type, wire.toUpperCase(Locale.ROOT).replace('-', '_'));
        } catch (IllegalArgumentException unknown) {
            throw new QmpNotConfirmed(
                    verb, "unknown " + type.getSimpleName() + " '" + abbreviated(wire) + "'");
        }
    }

    static String text(String verb, JsonNode object, String member) {
        JsonNode value = object.path(member);
        if (!value.isTextual()) {
            throw new QmpNotConfirmed(verb, "the reply has no text '" + member + "'");
        }
        return value.asText();
    }

    static boolean flag(String verb, JsonNode object, String member) {
        JsonNode value = object.path(member);
        if (!value.isBoolean()) {
            throw new QmpNotConfirmed(verb, "the reply has no boolean '" + member + "'");
        }
        return value.asBoolean();
    }

    static long number(String verb, JsonNode object, String member) {
        JsonNode value = object.path(member);
        if (!value.canConvertToLong() || !value.isIntegralNumber()) {
            throw new QmpNotConfirmed(verb, "the reply has no number '" + member + "'");
        }
        return value.asLong();
    }

    private static String abbreviated(String text) {
        return text.length() <= 80 ? text : text.substring(0, 80) + "…";
    }
}
