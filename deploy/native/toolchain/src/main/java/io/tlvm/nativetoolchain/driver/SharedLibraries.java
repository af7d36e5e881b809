package io.tlvm.nativetoolchain.driver;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Puts the libraries of the JDK that an image needs beside it, and those that they need. */
record SharedLibraries(Path available) {
    private static final Pattern NEEDED = Pattern.compile("\\(NEEDED\\)[^\\[]*\\[([^\\]]+)]");

    void copyFor(Path image) throws IOException, InterruptedException {
        Set<Path> known = new HashSet<>();
        Deque<Path> unread = new ArrayDeque<>(List.of(image));
        while (!unread.isEmpty()) {
            Matcher needed = NEEDED.matcher(dynamicSection(unread.remove()));
            while (needed.find()) {
                Path library = available.resolve(needed.group(1));
                // What is not ours, such as libc, belongs to the system.
                if (Files.exists(library) && known.add(library)) {
                    Files.copy(
                            library,
                            image.resolveSibling(library.getFileName()),
                            StandardCopyOption.REPLACE_EXISTING);
                    unread.add(library);
                }
            }
        }
    }

    private static String dynamicSection(Path file) throws IOException, InterruptedException {
        Process readelf =
                new ProcessBuilder("readelf", "--dynamic", "--wide", file.toString())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        String output = new String(readelf.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (readelf.waitFor() != 0) {
            throw new IOException("readelf cannot read " + file);
        }
        return output;
    }
}
