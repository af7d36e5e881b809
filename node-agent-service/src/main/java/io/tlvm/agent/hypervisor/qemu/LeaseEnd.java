package io.tlvm.agent.hypervisor.qemu;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** When the guardian kills the guest, whatever became of the agent. */
public sealed interface LeaseEnd {
    /** The VM is not bound to a lease. */
    record Never() implements LeaseEnd {}

    /**
     * The VM is bound to a lease.
     *
     * @param sinceBoot on the clock of {@code /proc/uptime}, which runs on during suspend and is
     *     never set
     */
    record At(Duration sinceBoot) implements LeaseEnd {
        public At {
            if (sinceBoot.isNegative()) {
                throw new IllegalArgumentException("a lease cannot end before boot");
            }
        }
    }

    /** Now on the clock that {@link At} counts on; resolution 10 ms. */
    static Duration uptime() throws IOException {
        String text = Files.readString(Path.of("/proc/uptime"));
        BigDecimal seconds = new BigDecimal(text.substring(0, text.indexOf(' ')));
        return Duration.ofNanos(seconds.movePointRight(9).longValueExact());
    }

    /**
     * The text of the {@code deadline} file; rounded down, so that the guardian never grants more
     * than the lease.
     */
    default String toText() {
        return switch (this) {
            case Never() -> "never\n";
            case At(Duration sinceBoot) ->
                    BigDecimal.valueOf(sinceBoot.toMillis(), 3)
                                    .setScale(2, RoundingMode.DOWN)
                                    .toPlainString()
                            + "\n";
        };
    }
}
