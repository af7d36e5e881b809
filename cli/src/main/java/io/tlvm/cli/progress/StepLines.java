package io.tlvm.cli.progress;

import java.io.PrintStream;

/** One line for each step, for logs. */
public final class StepLines implements Progress {

    private final PrintStream err;
    private String last = "";

    /** Any stream. */
    public StepLines(PrintStream err) {
        this.err = err;
    }

    @Override
    public synchronized void show(Update update) {
        String key = update.subject() + " " + update.step();
        if (!key.equals(last)) {
            last = key;
            err.println(
                    (update.subject() + "  " + update.step() + "  " + update.message())
                            .stripTrailing());
        }
    }

    @Override
    public synchronized void say(String sentence) {
        err.println(sentence);
    }

    @Override
    public void pause() {
        // lines are always complete
    }
}
