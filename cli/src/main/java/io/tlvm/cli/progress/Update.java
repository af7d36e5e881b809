package io.tlvm.cli.progress;

/**
 * Where some work stands.
 *
 * @param subject what is worked on: the short name of an operation or a file's name
 * @param step upper snake case; a new one makes a new line
 * @param message sentence for people; may be empty
 * @param done bytes so far, 0 without a count
 * @param total bytes in all, 0 when they are not known
 */
public record Update(String subject, String step, String message, long done, long total) {

    /** Without a count. */
    public static Update of(String subject, String step, String message) {
        return new Update(subject, step, message, 0, 0);
    }
}
