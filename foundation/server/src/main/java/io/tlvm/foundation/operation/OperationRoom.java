package io.tlvm.foundation.operation;

import io.quarkus.arc.All;
import io.quarkus.arc.Unremovable;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.tlvm.foundation.refusal.ErrorDomain;

import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Runs operations in services that have an {@link OperationStore}; does nothing in others. */
@Singleton
@Unremovable
public class OperationRoom {

    private final Optional<OperationRunner> runner;

    OperationRoom(
            Instance<OperationStore> store,
            @All List<OperationHandler> handlers,
            ErrorDomain domain) {
        this.runner =
                store.isResolvable()
                        ? Optional.of(
                                new OperationRunner(
                                        store.get(),
                                        handlers.stream()
                                                .collect(
                                                        Collectors.toMap(
                                                                OperationHandler::kind,
                                                                Function.identity())),
                                        RunnerSettings.standard(
                                                ProcessHandle.current().pid()
                                                        + "-"
                                                        + UUID.randomUUID()),
                                        domain))
                        : Optional.empty();
    }

    /** Call it after the commit that inserted an operation. */
    public void wake() {
        runner.ifPresent(OperationRunner::wake);
    }

    void start(@Observes StartupEvent event) {
        runner.ifPresent(OperationRunner::start);
    }

    void stop(@Observes ShutdownEvent event) {
        runner.ifPresent(OperationRunner::close);
    }
}
