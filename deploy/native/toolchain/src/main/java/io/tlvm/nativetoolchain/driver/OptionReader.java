package io.tlvm.nativetoolchain.driver;

import java.util.Comparator;
import java.util.Deque;
import java.util.List;

/**
 * Reads the options that may stand on a command line as well as in a {@code
 * native-image.properties}.
 */
final class OptionReader {
    private final List<PublicOption> options;
    private final ImageRequest request;

    OptionReader(List<String> table, ImageRequest request) {
        this.options = table.stream().map(PublicOption::parse).toList();
        this.request = request;
    }

    /**
     * Takes one option, and its value when that is the next argument; false when it is none of
     * them.
     */
    boolean take(Deque<String> arguments, Origin origin) {
        return takePublic(arguments, origin) || takeRaw(arguments, origin);
    }

    static String valueAfter(Deque<String> arguments) {
        String option = arguments.remove();
        if (arguments.isEmpty()) {
            throw new Refused(option + " needs a value");
        }
        return arguments.remove();
    }

    private boolean takePublic(Deque<String> arguments, Origin origin) {
        String argument = arguments.element();
        for (PublicOption option : options) {
            if (argument.equals(option.name())) {
                String value = option.preset();
                if (option.takesNext()) {
                    value = valueAfter(arguments);
                } else {
                    arguments.remove();
                }
                request.builderOptions.add(origin.markPublic(option.with(value)));
                return true;
            }
        }
        // The longest name wins: one option's name may begin another's.
        PublicOption best =
                options.stream()
                        .filter(option -> option.prefixIn(argument) > 0)
                        .max(Comparator.comparingInt(option -> option.prefixIn(argument)))
                        .orElse(null);
        if (best == null) {
            return false;
        }
        arguments.remove();
        String value = argument.substring(best.prefixIn(argument));
        request.builderOptions.add(origin.markPublic(best.with(value)));
        return true;
    }

    private boolean takeRaw(Deque<String> arguments, Origin origin) {
        String argument = arguments.element();
        if (argument.startsWith("-H:")) {
            request.builderOptions.add(origin.mark(argument));
        } else if (argument.startsWith("-R:")) {
            request.builderOptions.add(argument);
        } else if (argument.startsWith("-D")) {
            request.vmOptions.add(argument);
        } else if (argument.startsWith("-J")) {
            request.vmOptions.add(argument.substring(2));
        } else if (argument.startsWith("-E")) {
            environment(argument.substring(2));
        } else if (argument.startsWith("--add-modules=")) {
            request.modules.addAll(
                    List.of(argument.substring("--add-modules=".length()).split(",")));
        } else if (argument.equals("--add-modules")) {
            request.modules.addAll(List.of(valueAfter(arguments).split(",")));
            return true;
        } else {
            return false;
        }
        arguments.remove();
        return true;
    }

    /** {@code NAME=VALUE}, or {@code NAME} for the value that it has here. */
    private void environment(String variable) {
        int equals = variable.indexOf('=');
        String name = equals < 0 ? variable : variable.substring(0, equals);
        String value = equals < 0 ? System.getenv(name) : variable.substring(equals + 1);
        if (value != null) {
            request.environment.put(name, value);
        }
    }
}
