package io.tlvm.cli.progress;

/** Says nothing. */
public final class Silence implements Progress {

    @Override
    public void show(Update update) {
        // nobody wants to know
    }

    @Override
    public void say(String sentence) {
        // nobody wants to know
    }

    @Override
    public void pause() {
        // nothing is open
    }
}
