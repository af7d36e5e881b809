package io.tlvm.foundation.request;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Says in words what a pattern of the protos wants: a regular expression is no help to somebody who
 * typed a capital letter.
 */
final class PatternWords {
    private static final Pattern MESSAGE = Pattern.compile("`\\^(.+)\\$`");
    private static final Pattern OPTIONAL = Pattern.compile("\\((.*)\\)\\?");
    private static final Pattern EXPRESSION = Pattern.compile("[\\[\\]()*+?\\\\^$|]");

    /** The parts that patterns are made of; longer ones first. */
    private static final Map<String, Part> PARTS = parts();

    /** What stands for a part in the sentence, and what it means. */
    private record Part(String name, String meaning) {}

    private PatternWords() {}

    private static Map<String, Part> parts() {
        Map<String, Part> parts = new LinkedHashMap<>();
        Part name =
                new Part(
                        "{name}",
                        "{name} is 1 to 63 characters of a-z, 0-9 and -, begins with a letter and"
                                + " does not end with -");
        parts.put("[a-z]([a-z0-9-]{0,61}[a-z0-9])?", name);
        parts.put("[a-z0-9-]{1,63}", name);
        parts.put("[0-9a-f]{64}", new Part("{hex}", "{hex} is 64 digits of 0-9 and a-f"));
        parts.put("[a-z0-9._-]+", new Part("{word}", "{word} is made of a-z, 0-9, ., _ and -"));
        parts.put("[0-9]{1,5}", new Part("{port}", "{port} is a number"));
        parts.put("[^:]+", new Part("{host}", "{host} is a name or an address"));
        return parts;
    }

    /**
     * @param message of a violated rule {@code string.pattern}
     * @return a sentence; the message itself when the pattern is made of other parts
     */
    static String of(String message) {
        Matcher quoted = MESSAGE.matcher(message);
        if (!quoted.find()) {
            return message;
        }
        String wanted = quoted.group(1);
        Matcher optional = OPTIONAL.matcher(wanted);
        boolean mayBeEmpty = optional.matches();
        if (mayBeEmpty) {
            wanted = optional.group(1);
        }
        List<String> meanings = new ArrayList<>();
        for (Map.Entry<String, Part> part : PARTS.entrySet()) {
            if (wanted.contains(part.getKey())) {
                wanted = wanted.replace(part.getKey(), part.getValue().name());
                if (!meanings.contains(part.getValue().meaning())) {
                    meanings.add(part.getValue().meaning());
                }
            }
        }
        if (meanings.isEmpty() || EXPRESSION.matcher(wanted).find()) {
            return message;
        }
        return "must be "
                + (mayBeEmpty ? "empty or " : "")
                + wanted
                + ", where "
                + String.join(", and ", meanings);
    }
}
