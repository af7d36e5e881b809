package io.tlvm.cli.connect;

import io.tlvm.cli.problem.Problem;
import io.tlvm.cli.problem.ProblemException;
import java.time.Duration;

/** Waits before something is tried again. */
@FunctionalInterface
public interface Pause {

    /** Nothing here waits longer at a time. */
    Duration LONGEST = Duration.ofSeconds(10);

    /** Waits for {@code length}, but no longer than {@link #LONGEST}. */
    void rest(Duration length);

    /** On the clock. */
    static Pause real() {
        return length -> {
            try {
                Thread.sleep(length.compareTo(LONGEST) < 0 ? length : LONGEST);
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
                throw new ProblemException(Problem.failed("interrupted", "run the command again"), stop);
            }
        };
    }
}
