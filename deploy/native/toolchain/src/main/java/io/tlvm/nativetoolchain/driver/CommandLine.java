package io.tlvm.nativetoolchain.driver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Reads the arguments of {@code native-image} into a request. What is not known is refused, never
 * passed over.
 */
final class CommandLine {
    private final ImageRequest request = new ImageRequest();
    private final OptionReader options;
    private final ClassPathReader classPath;

    private CommandLine(List<String> table) {
        options = new OptionReader(table, request);
        classPath = new ClassPathReader(request, options);
    }

    /** The arguments must be expanded. */
    static ImageRequest parse(List<String> arguments, List<String> table) throws IOException {
        CommandLine line = new CommandLine(table);
        line.readExclusions(arguments);
        Deque<String> rest = new ArrayDeque<>(arguments);
        while (!rest.isEmpty()) {
            line.take(rest);
        }
        if (line.request.classPath.isEmpty()) {
            line.classPath.add(Path.of("."));
        }
        return line.request;
    }

    /** Each {@code @file} replaced by the words in it. */
    static List<String> expand(List<String> arguments) throws IOException {
        List<String> all = new ArrayList<>();
        for (String argument : arguments) {
            if (argument.startsWith("@")) {
                all.addAll(
                        expand(
                                ArgumentFile.words(
                                        Files.readString(Path.of(argument.substring(1))))));
            } else {
                all.add(argument);
            }
        }
        return all;
    }

    /** They count for the whole class path, wherever they stand. */
    private void readExclusions(List<String> arguments) {
        for (int i = 0; i < arguments.size(); i++) {
            if (arguments.get(i).equals("--exclude-config")) {
                if (i + 2 >= arguments.size()) {
                    throw new Refused("--exclude-config needs two values");
                }
                classPath.exclude(arguments.get(i + 1), arguments.get(i + 2));
            }
        }
    }

    private void take(Deque<String> rest) throws IOException {
        String argument = rest.element();
        switch (argument) {
            case "--verbose" -> {
                request.verbose = true;
                rest.remove();
            }
            case "--dry-run" -> {
                request.dryRun = true;
                rest.remove();
            }
            case "--exclude-config" -> {
                OptionReader.valueAfter(rest);
                rest.remove();
            }
            case "-jar" -> classPath.mainJar(Path.of(OptionReader.valueAfter(rest)));
            case "-cp", "-classpath", "--class-path" -> addClassPath(OptionReader.valueAfter(rest));
            default -> {
                if (argument.startsWith("--class-path=")) {
                    addClassPath(rest.remove().substring("--class-path=".length()));
                } else if (!options.take(rest, Origin.USER)) {
                    if (argument.startsWith("-")) {
                        throw new Refused("this native-image does not know the option " + argument);
                    }
                    request.plain.add(rest.remove());
                }
            }
        }
    }

    private void addClassPath(String entries) throws IOException {
        for (String entry : entries.split(":", -1)) {
            classPath.add(Path.of(entry.isEmpty() ? "." : entry));
        }
    }
}
