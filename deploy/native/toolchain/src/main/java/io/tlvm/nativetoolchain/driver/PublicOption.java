package io.tlvm.nativetoolchain.driver;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * An option of {@code native-image} that stands for one of the builder: a line of the table that
 * the assembly wrote.
 *
 * @param separators what may part name and value; {@code fixed} alone when no value may be given
 * @param preset the value when none is given
 * @param target the builder's option without {@code -H:}, ending in {@code =} when it takes a value
 */
record PublicOption(
        String name,
        Set<String> separators,
        String preset,
        UnaryOperator<String> transformation,
        String target) {

    static PublicOption parse(String line) {
        String[] columns = line.split("\t", -1);
        if (columns.length != 5) {
            throw new IllegalStateException("not a line of the table of options: " + line);
        }
        return new PublicOption(
                columns[0],
                Set.of(columns[1].split(" ")),
                columns[2],
                transformation(columns[3]),
                columns[4]);
    }

    /** Whether the next argument is the value when this one is the bare name. */
    boolean takesNext() {
        return separators.contains("blank");
    }

    /**
     * The length of the name and its separator when the argument is one with a value; 0 when it is
     * not.
     */
    int prefixIn(String argument) {
        for (String separator : List.of("=", ":", "none")) {
            String prefix = separator.equals("none") ? name : name + separator;
            if (separators.contains(separator)
                    && argument.startsWith(prefix)
                    && (argument.length() > prefix.length() || !prefix.equals(name))) {
                return prefix.length();
            }
        }
        return 0;
    }

    /** The builder's option. */
    String with(String value) {
        return "-H:" + (target.endsWith("=") ? target + transformation.apply(value) : target);
    }

    private static UnaryOperator<String> transformation(String word) {
        return switch (word) {
            case "same" -> value -> value;
            case "run_time", "build_time" ->
                    value -> eachElement(value, element -> element + ":" + word);
            case "enable" -> value -> eachElement(value, element -> "+" + element);
            case "disable" -> value -> eachElement(value, element -> "-" + element);
            default ->
                    throw new IllegalStateException("unknown transformation of an option: " + word);
        };
    }

    private static String eachElement(String value, UnaryOperator<String> change) {
        return Arrays.stream(value.split(",")).map(change).collect(Collectors.joining(","));
    }
}
