package io.tlvm.cli.input;

import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.ProtocolMessageEnum;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Enum values as people read and type them: {@code SECURITY_TYPE_TRUSTED_LAUNCH} is TrustedLaunch.
 */
public final class EnumWords {

    private EnumWords() {}

    /**
     * The value for people; a dash for UNSPECIFIED, the number for one that only a newer server
     * knows.
     */
    public static String word(ProtocolMessageEnum value) {
        // getValueDescriptor throws for UNRECOGNIZED, by the contract of protobuf-java.
        if (value instanceof Enum<?> constant && constant.name().equals("UNRECOGNIZED")) {
            return "?";
        }
        return value.getNumber() == 0 ? "-" : word(value.getValueDescriptor());
    }

    /**
     * The number of the value that {@code text} names; case, dashes and underscores do not matter.
     */
    public static int parse(EnumDescriptor type, String text) {
        String wanted = bare(text);
        var words = new ArrayList<String>();
        for (EnumValueDescriptor value : type.getValues()) {
            if (value.getNumber() == 0) {
                continue;
            }
            if (bare(word(value)).equals(wanted) || bare(value.getName()).equals(wanted)) {
                return value.getNumber();
            }
            words.add(word(value));
        }
        throw new IllegalArgumentException(
                "'" + text + "' is not one of " + String.join(", ", List.copyOf(words)));
    }

    private static String word(EnumValueDescriptor value) {
        String prefix =
                value.getType()
                                .getName()
                                .replaceAll("([a-z0-9])([A-Z])", "$1_$2")
                                .toUpperCase(Locale.ROOT)
                        + "_";
        String name =
                value.getName().startsWith(prefix)
                        ? value.getName().substring(prefix.length())
                        : value.getName();
        var word = new StringBuilder();
        for (String part : name.split("_", -1)) {
            word.append(part, 0, Math.min(1, part.length()));
            word.append(part.substring(Math.min(1, part.length())).toLowerCase(Locale.ROOT));
        }
        return word.toString();
    }

    private static String bare(String text) {
        return text.replaceAll("[^A-Za-z0-9]", "").toLowerCase(Locale.ROOT);
    }
}
