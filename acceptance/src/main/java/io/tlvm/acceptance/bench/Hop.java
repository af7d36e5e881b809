package io.tlvm.acceptance.bench;

import java.time.Duration;
import java.util.Optional;

/**
 * One move of the guest.
 *
 * @param total from the request until the guest runs at the target and the source holds nothing
 * @param copy memory on its way, until the vCPUs stop
 * @param pause how long the guest stood still, by its own 5 ms ticks
 * @param qemuDowntime vCPUs stopped until the source knows that everything is loaded, as QEMU
 *     counts
 * @param toContinue at pre-switchover until {@code migrate-continue}; absent where nothing waits
 *     there
 * @param toCont from {@code completed} seen at the target to {@code cont} answered
 */
record Hop(
        Duration total,
        Duration copy,
        Duration pause,
        Duration qemuDowntime,
        Optional<Duration> toContinue,
        Duration toCont) {}
