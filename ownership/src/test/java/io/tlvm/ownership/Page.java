package io.tlvm.ownership;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The page about ownership, whose tables are written by tests and compared by them. */
public final class Page {
    private static final Path FILE = Path.of("..", "docs", "ownership.md");

    private Page() {}

    /** Fails unless the page shows {@code table} between the markers of this name. */
    public static void shows(String name, String table) {
        String begin = "<!-- " + name + " -->\n";
        String end = "<!-- end of " + name + " -->";
        String page = read();
        int from = page.indexOf(begin);
        int to = page.indexOf(end);
        assertThat(from).as("marker " + begin + " in " + FILE).isNotNegative();
        assertThat(to).as("marker " + end + " in " + FILE).isGreaterThan(from);
        if ("true".equals(System.getenv("TLVM_DOCS_WRITE"))) {
            write(page.substring(0, from + begin.length()) + table + page.substring(to));
            return;
        }
        assertThat(page.substring(from + begin.length(), to))
                .as(
                        "the table '%s' in docs/ownership.md; regenerate it with"
                                + " TLVM_DOCS_WRITE=true ./mvnw -pl ownership test",
                        name)
                .isEqualTo(table);
    }

    private static String read() {
        try {
            return Files.readString(FILE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(String page) {
        try {
            Files.writeString(FILE, page);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
