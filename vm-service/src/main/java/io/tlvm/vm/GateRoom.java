package io.tlvm.vm;

import io.tlvm.vm.gate.GateSocket;
import io.tlvm.vm.gate.Gates;
import io.tlvm.vm.gate.HeldGates;

import jakarta.annotation.PreDestroy;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

import java.time.Duration;
import java.util.Optional;

/** Opens the gates for tests, or leaves them out. */
@Singleton
class GateRoom {
    private static final Duration HELD_MAX = Duration.ofMinutes(10);

    private final Gates gates;
    private final Optional<GateSocket> socket;

    GateRoom(GateConfig config) {
        if (config.gates()) {
            var held = new HeldGates(HELD_MAX);
            gates = held;
            socket = config.gatesSocket().map(path -> new GateSocket(path, held));
        } else {
            gates = Gates.OPEN;
            socket = Optional.empty();
        }
    }

    @Produces
    @Singleton
    Gates gates() {
        return gates;
    }

    @PreDestroy
    void close() {
        socket.ifPresent(GateSocket::close);
    }
}
