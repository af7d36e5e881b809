package io.tlvm.nativetoolchain.driver;

import java.util.ArrayList;
import java.util.List;

/**
 * The text of an argument file ({@code @file}), with the rules of the {@code java} command: words
 * parted by white space, in quotes where they contain some; {@code #} begins a comment; within
 * quotes a backslash escapes.
 */
final class ArgumentFile {
    private final String text;
    private final List<String> words = new ArrayList<>();
    private int at;

    private ArgumentFile(String text) {
        this.text = text;
    }

    static List<String> words(String text) {
        ArgumentFile file = new ArgumentFile(text);
        file.read();
        return file.words;
    }

    /** The line of an argument file that reads as this word. */
    static String quoted(String word) {
        return '"' + word.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
    }

    private void read() {
        while (at < text.length()) {
            char c = text.charAt(at);
            if (Character.isWhitespace(c)) {
                at++;
            } else if (c == '#') {
                int end = text.indexOf('\n', at);
                at = end < 0 ? text.length() : end;
            } else {
                words.add(word());
            }
        }
    }

    /** Quoted and unquoted pieces may follow each other in one word. */
    private String word() {
        StringBuilder word = new StringBuilder();
        while (at < text.length() && !Character.isWhitespace(text.charAt(at))) {
            char c = text.charAt(at++);
            if (c == '"' || c == '\'') {
                quotedPiece(c, word);
            } else {
                word.append(c);
            }
        }
        return word.toString();
    }

    private void quotedPiece(char quote, StringBuilder word) {
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c == quote) {
                return;
            }
            if (c == '\\' && at < text.length()) {
                escape(text.charAt(at++), word);
            } else {
                word.append(c);
            }
        }
        throw new Refused("a quote is not closed in an argument file");
    }

    private void escape(char c, StringBuilder word) {
        switch (c) {
            case 'n' -> word.append('\n');
            case 'r' -> word.append('\r');
            case 't' -> word.append('\t');
            case 'f' -> word.append('\f');
            // The line goes on, without the blanks that begin the next.
            case '\n' -> {
                while (at < text.length() && " \t".indexOf(text.charAt(at)) >= 0) {
                    at++;
                }
            }
            default -> word.append(c);
        }
    }
}
