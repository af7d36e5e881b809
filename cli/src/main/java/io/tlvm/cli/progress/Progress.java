package io.tlvm.cli.progress;

/** Tells the user on stderr what is going on. Calls may come as often as there is news. */
public sealed interface Progress permits LiveLine, StepLines, JsonLines, Silence {

    /** Shows where the work stands. */
    void show(Update update);

    /** A sentence that stays. */
    void say(String sentence);

    /**
     * Leaves the cursor at the beginning of an empty line; to be called before anything else is
     * written.
     */
    void pause();
}
