package io.tlvm.cli.progress;

import com.fasterxml.jackson.databind.ObjectMapper;

import org.jspecify.annotations.Nullable;

import java.io.PrintStream;

/** One JSON object per piece of news, for programs. */
public final class JsonLines implements Progress {

    private final PrintStream err;
    private final ObjectMapper mapper = new ObjectMapper();
    private @Nullable Update last;

    /** Any stream. */
    public JsonLines(PrintStream err) {
        this.err = err;
    }

    @Override
    public synchronized void show(Update update) {
        if (update.equals(last)) {
            return;
        }
        last = update;
        err.println(
                mapper.createObjectNode()
                        .put("subject", update.subject())
                        .put("step", update.step())
                        .put("message", update.message())
                        .put("bytesDone", update.done())
                        .put("bytesTotal", update.total()));
    }

    @Override
    public synchronized void say(String sentence) {
        err.println(mapper.createObjectNode().put("message", sentence));
    }

    @Override
    public void pause() {
        // lines are always complete
    }
}
