package io.tlvm.cli.problem;

import org.jspecify.annotations.Nullable;

/** Ends a command with a {@link Problem}. */
public final class ProblemException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Problem problem;

    /** Without a cause that helps. */
    public ProblemException(Problem problem) {
        this(problem, null);
    }

    /** With what {@code --debug} shows. */
    public ProblemException(Problem problem, @Nullable Throwable cause) {
        super(problem.reason() + ": " + problem.what(), cause);
        this.problem = problem;
    }

    /** What to tell the user. */
    public Problem problem() {
        return problem;
    }
}
