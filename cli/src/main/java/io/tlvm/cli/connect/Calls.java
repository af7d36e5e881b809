package io.tlvm.cli.connect;

import com.google.rpc.Code;

import io.grpc.StatusRuntimeException;
import io.tlvm.cli.problem.Problem;
import io.tlvm.cli.problem.ProblemException;
import io.tlvm.foundation.refusal.RefusalView;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Makes calls and turns what they throw into problems. AIP-194: only UNAVAILABLE is repeated by
 * itself, a few times, with jittered back-off, and only where repeating is safe.
 */
public final class Calls {

    private static final int ATTEMPTS = 4;
    private static final Duration FIRST_DELAY = Duration.ofMillis(250);

    /** More pages than this mean a server that does not move on. */
    private static final int PAGES_MAX = 100_000;

    private final Pause pause;
    private final RandomGenerator random;

    /**
     * @param random for the jitter
     */
    public Calls(Pause pause, RandomGenerator random) {
        this.pause = pause;
        this.random = random;
    }

    /** A read, or a change with a request_id that stays the same: may be sent again. */
    public <T> T repeatable(Supplier<T> call) {
        Duration delay = FIRST_DELAY;
        for (int attempt = 1; ; attempt++) {
            try {
                return call.get();
            } catch (StatusRuntimeException thrown) {
                RefusalView refusal = RefusalView.of(thrown);
                if (attempt == ATTEMPTS
                        || refusal.code() != Code.UNAVAILABLE
                        || !refusal.retryable()) {
                    throw problem(thrown);
                }
                pause.rest(refusal.retryDelay().orElse(jittered(delay)));
                delay = delay.multipliedBy(2);
            }
        }
    }

    /** A change that cannot be told apart from a second one: sent once. */
    public <T> T once(Supplier<T> call) {
        try {
            return call.get();
        } catch (StatusRuntimeException thrown) {
            throw problem(thrown);
        }
    }

    /**
     * All pages of a list, or as many as {@code limit} items need.
     *
     * @param page calls the service with a page token
     */
    public <R, T> List<T> list(
            Function<String, R> page,
            Function<R, List<T>> items,
            Function<R, String> nextToken,
            int limit) {
        var found = new ArrayList<T>();
        String token = "";
        for (int pages = 0; pages < PAGES_MAX && found.size() < limit; pages++) {
            String from = token;
            R answer = repeatable(() -> page.apply(from));
            found.addAll(items.apply(answer));
            token = nextToken.apply(answer);
            if (token.isEmpty()) {
                break;
            }
        }
        return found.size() > limit ? List.copyOf(found.subList(0, limit)) : found;
    }

    /**
     * Full jitter within the upper half, so that clients that failed together do not return
     * together.
     */
    public Duration jittered(Duration delay) {
        long half = delay.toMillis() / 2;
        return Duration.ofMillis(half + random.nextLong(half + 1));
    }

    /** What a call threw, for the user. */
    public static ProblemException problem(StatusRuntimeException thrown) {
        Problem problem = Problem.of(RefusalView.of(thrown));
        if (RefusalView.isUnreachable(thrown)) {
            problem =
                    problem.withFix(
                            "check that the service runs, and TLVM_CATALOG and TLVM_COMPUTE (see:"
                                    + " tlvm config show)");
        }
        return new ProblemException(problem, thrown);
    }
}
