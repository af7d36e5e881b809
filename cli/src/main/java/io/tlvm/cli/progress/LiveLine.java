package io.tlvm.cli.progress;

import io.tlvm.cli.output.Words;

import java.io.PrintStream;
import java.util.Locale;

/** One line that is written over again, for terminals. */
public final class LiveLine implements Progress {

    /** ECMA-48: back to the first column, then erase to the end of the line. */
    private static final String REWRITE = "\r\u001b[K";

    private static final int BAR = 20;
    private static final int WIDTH_MAX = 110;

    private final PrintStream err;
    private boolean open;

    /** On a terminal. */
    public LiveLine(PrintStream err) {
        this.err = err;
    }

    @Override
    public synchronized void show(Update update) {
        String line = text(update).replaceAll("\\p{Cntrl}", " ");
        err.print(
                REWRITE + (line.length() > WIDTH_MAX ? line.substring(0, WIDTH_MAX) + "…" : line));
        err.flush();
        open = true;
    }

    private static String text(Update update) {
        String step = update.step().toLowerCase(Locale.ROOT).replace('_', ' ');
        if (update.total() <= 0) {
            return step + "  " + update.message() + "  (" + update.subject() + ")";
        }
        int percent = (int) Math.min(100, update.done() * 100 / update.total());
        int full = percent * BAR / 100;
        return "%s %s%s %3d%%  %s of %s  %s  (%s)"
                .formatted(
                        step,
                        "█".repeat(full),
                        "░".repeat(BAR - full),
                        percent,
                        Words.bytes(update.done()),
                        Words.bytes(update.total()),
                        update.message(),
                        update.subject());
    }

    @Override
    public synchronized void say(String sentence) {
        pause();
        err.println(sentence);
    }

    @Override
    public synchronized void pause() {
        if (open) {
            err.print(REWRITE);
            err.flush();
            open = false;
        }
    }
}
