package io.tlvm.cli;

import com.google.longrunning.GetOperationRequest;
import com.google.longrunning.Operation;
import com.google.longrunning.WaitOperationRequest;
import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.Code;

import io.grpc.StatusRuntimeException;
import io.tlvm.catalog.v1.CreateImageMetadata;
import io.tlvm.cli.connect.Calls;
import io.tlvm.cli.connect.Pause;
import io.tlvm.cli.connect.Services;
import io.tlvm.cli.input.Durations;
import io.tlvm.cli.input.EnumWords;
import io.tlvm.cli.input.ResourceNames;
import io.tlvm.cli.output.Words;
import io.tlvm.cli.problem.Problem;
import io.tlvm.cli.problem.ProblemException;
import io.tlvm.cli.progress.Detachment;
import io.tlvm.cli.progress.Progress;
import io.tlvm.cli.progress.Update;
import io.tlvm.compute.v1.Migration;
import io.tlvm.compute.v1.VirtualMachineOperationMetadata;
import io.tlvm.foundation.refusal.RefusalView;

import java.time.Duration;
import java.util.Locale;

/**
 * Waits for the end of an operation and shows its steps. Giving up here never stops the work in the
 * service.
 */
final class OperationFollower {

    /**
     * WaitOperation answers at the end or after this time, which is how often progress is shown.
     */
    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

    /** A server that answers at once without an end would otherwise be asked in a tight loop. */
    private static final Duration AT_LEAST = Duration.ofMillis(200);

    /** The service may be restarted while the operation runs: it resumes, and so does the wait. */
    private static final Duration OUTAGE_BOUND = Duration.ofSeconds(90);

    private final Services services;
    private final Calls calls;
    private final Pause pause;
    private final Progress progress;
    private final Detachment detachment;

    OperationFollower(
            Services services, Calls calls, Pause pause, Progress progress, Detachment detachment) {
        this.services = services;
        this.calls = calls;
        this.pause = pause;
        this.progress = progress;
        this.detachment = detachment;
    }

    /** What to tell somebody who leaves while {@code operation} runs. */
    static String resumption(String operation) {
        String id = ResourceNames.shortName(operation);
        return "detached: operation "
                + operation
                + " goes on\n  resume: tlvm op wait "
                + id
                + "\n  cancel: tlvm op cancel "
                + id;
    }

    /**
     * The operation when it ended well.
     *
     * @throws ProblemException when it failed, or did not end within {@code patience} (exit code 8)
     */
    Operation follow(Operation started, Duration patience) {
        long begin = System.nanoTime();
        detachment.announce(resumption(started.getName()));
        try {
            Operation ended = awaitEnd(started, patience);
            progress.pause();
            if (ended.hasError()) {
                throw new ProblemException(Problem.of(RefusalView.of(ended.getError())));
            }
            if (!started.getDone()) {
                Duration taken = Duration.ofNanos(System.nanoTime() - begin);
                progress.say(
                        ResourceNames.shortName(ended.getName())
                                + "  done in "
                                + Words.duration(Durations.toProto(taken)));
            }
            return ended;
        } finally {
            progress.pause();
            detachment.clear();
        }
    }

    private Operation awaitEnd(Operation started, Duration patience) {
        long end = System.nanoTime() + patience.toNanos();
        long lastAnswer = System.nanoTime();
        Operation current = started;
        while (true) { // ends with the operation, with the patience, or with an outage that lasts
            show(current);
            if (current.getDone()) {
                return current;
            }
            Duration left = Duration.ofNanos(end - System.nanoTime());
            if (!left.isPositive()) {
                throw new ProblemException(
                        Problem.timeout(
                                "operation "
                                        + current.getName()
                                        + " did not end within "
                                        + patience.toSeconds()
                                        + " s; it goes on",
                                "run: tlvm op wait " + ResourceNames.shortName(current.getName())));
            }
            long asked = System.nanoTime();
            try {
                current =
                        look(current.getName(), left.compareTo(LOOK_EVERY) < 0 ? left : LOOK_EVERY);
                lastAnswer = System.nanoTime();
            } catch (StatusRuntimeException thrown) {
                boolean outage =
                        RefusalView.of(thrown).code() == Code.UNAVAILABLE
                                && RefusalView.of(thrown).retryable();
                if (!outage || System.nanoTime() - lastAnswer > OUTAGE_BOUND.toNanos()) {
                    var problem = Calls.problem(thrown).problem();
                    throw new ProblemException(
                            problem.withFix(
                                    "the operation may go on; run: tlvm op wait "
                                            + ResourceNames.shortName(current.getName())),
                            thrown);
                }
                progress.show(
                        Update.of(
                                ResourceNames.shortName(current.getName()),
                                "RECONNECT",
                                "the service does not answer, trying again"));
            }
            Duration taken = Duration.ofNanos(System.nanoTime() - asked);
            if (!current.getDone() && taken.compareTo(AT_LEAST) < 0) {
                pause.rest(AT_LEAST.minus(taken));
            }
        }
    }

    private Operation look(String name, Duration longest) {
        return services.operationsOf(name)
                .waitOperation(
                        WaitOperationRequest.newBuilder()
                                .setName(name)
                                .setTimeout(Durations.toProto(longest))
                                .build());
    }

    /** The operation as it stands. */
    Operation get(String name) {
        return calls.repeatable(
                () ->
                        services.operationsOf(name)
                                .getOperation(
                                        GetOperationRequest.newBuilder().setName(name).build()));
    }

    private void show(Operation operation) {
        String subject = ResourceNames.shortName(operation.getName());
        Any metadata = operation.getMetadata();
        try {
            if (metadata.is(VirtualMachineOperationMetadata.class)) {
                progress.show(
                        vmUpdate(subject, metadata.unpack(VirtualMachineOperationMetadata.class)));
            } else if (metadata.is(CreateImageMetadata.class)) {
                var image = metadata.unpack(CreateImageMetadata.class);
                progress.show(
                        new Update(
                                subject,
                                EnumWords.word(image.getPhase()).toUpperCase(Locale.ROOT),
                                ResourceNames.shortName(image.getTarget()),
                                image.getBytesDone(),
                                image.getBytesTotal()));
            }
        } catch (InvalidProtocolBufferException damaged) {
            progress.show(Update.of(subject, "RUNNING", ""));
        }
    }

    private static Update vmUpdate(String subject, VirtualMachineOperationMetadata metadata) {
        Migration migration = metadata.getMigration();
        String message = metadata.getMessage();
        if (migration.getState() != Migration.State.STATE_TRANSFERRING) {
            return Update.of(subject, metadata.getStep(), message);
        }
        var memory = migration.getProgress();
        if (memory.getIteration() == 0) {
            return Update.of(subject, metadata.getStep(), message);
        }
        String pace =
                memory.getThroughputBytesPerSecond() == 0
                        ? ""
                        : ", " + Words.bytes(memory.getThroughputBytesPerSecond()) + "/s";
        return new Update(
                subject,
                metadata.getStep(),
                "iteration " + memory.getIteration() + pace,
                memory.getMemoryTransferredBytes(),
                memory.getMemoryTransferredBytes() + memory.getMemoryRemainingBytes());
    }
}
