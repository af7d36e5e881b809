package io.tlvm.foundation.gate;

import jakarta.annotation.PreDestroy;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

import java.time.Duration;
import java.util.Optional;

/** Makes the gates that tests hold, or leaves them open for good. */
@Singleton
class GateRoom {
    private static final Duration HELD_MAX = Duration.ofMinutes(10);

    private final Optional<HeldGates> held;
    private final Optional<GateSocket> socket;

    GateRoom(GateConfig config) {
        held = config.gates() ? Optional.of(new HeldGates(HELD_MAX)) : Optional.empty();
        socket =
                held.flatMap(
                        gates -> config.gatesSocket().map(path -> new GateSocket(path, gates)));
    }

    @Produces
    @Singleton
    Gates gates() {
        return held.isPresent() ? held.get() : Gates.OPEN;
    }

    /** Nobody stands at a gate for ever because the service ends. */
    @PreDestroy
    void close() {
        held.ifPresent(HeldGates::releaseAll);
        socket.ifPresent(GateSocket::close);
    }
}
