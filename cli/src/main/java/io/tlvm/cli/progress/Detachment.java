package io.tlvm.cli.progress;

import java.io.PrintStream;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What to tell a user who presses Ctrl-C: the work in the service goes on, and how to come back to
 * it. The JVM answers SIGINT by its shutdown hooks and exit status 130 (128 plus the signal's
 * number), so a hook that prints is all it takes.
 */
public final class Detachment {

    private final AtomicReference<String> notice = new AtomicReference<>("");

    /** From now on, until another notice or {@link #clear}. */
    public void announce(String text) {
        notice.set(text);
    }

    /** Nothing is under way. */
    public void clear() {
        notice.set("");
    }

    /** For the shutdown hook: prints the notice, if something is under way. */
    public void print(PrintStream err) {
        String text = notice.getAndSet("");
        if (!text.isEmpty()) {
            err.println();
            err.println(text);
            err.flush();
        }
    }
}
