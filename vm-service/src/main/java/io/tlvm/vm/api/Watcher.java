package io.tlvm.vm.api;

import io.grpc.stub.ServerCallStreamObserver;
import io.tlvm.compute.v1.WatchVirtualMachinesRequest;
import io.tlvm.compute.v1.WatchVirtualMachinesResponse;
import io.tlvm.vm.event.VmChanges;
import io.tlvm.vm.event.VmChanges.Change;
import io.tlvm.vm.event.VmChanges.Token;
import io.tlvm.vm.machine.MachineView;
import io.tlvm.vm.refusal.ClusterRefusal;
import io.tlvm.vm.refusal.VmRefused;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * One watch. Events are never skipped: who does not read is disconnected, and resumes from the last
 * token that came.
 */
final class Watcher implements Runnable {
    private static final Duration LOOK_EVERY = Duration.ofMillis(500);
    private static final Duration BOOKMARK_EVERY = Duration.ofSeconds(30);
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final VmChanges changes;
    private final Show show;
    private final WatchVirtualMachinesRequest request;
    private final String project;
    private final ServerCallStreamObserver<WatchVirtualMachinesResponse> answer;
    private final Semaphore rings = new Semaphore(0);
    private Token token = new Token("");
    private long lastSent = System.nanoTime();

    /** Call it where the stream begins: handlers can be set there alone. */
    Watcher(
            VmChanges changes,
            Show show,
            WatchVirtualMachinesRequest request,
            ServerCallStreamObserver<WatchVirtualMachinesResponse> answer) {
        this.changes = changes;
        this.show = show;
        this.request = request;
        this.project = Translate.project(request.getParent());
        this.answer = answer;
        answer.setOnReadyHandler(rings::release);
        answer.setOnCancelHandler(rings::release);
    }

    @Override
    public void run() {
        try {
            Answer.plain(
                    () -> {
                        watch();
                        return true;
                    });
        } catch (RuntimeException refusedOrFailed) {
            if (!answer.isCancelled()) {
                // RefusalInterceptor turns what is not a refusal into a debug id.
                answer.onError(refusedOrFailed);
            }
        }
    }

    private void watch() {
        try {
            if (request.getResumeToken().isEmpty()) {
                VmChanges.Snapshot snapshot = changes.snapshot(project);
                // The token comes with the bookmark: one that is resumed from here must get the
                // whole snapshot.
                for (MachineView machine : snapshot.machines()) {
                    send(WatchVirtualMachinesResponse.Type.TYPE_ADDED, machine);
                }
                token = snapshot.token();
                bookmark();
            } else {
                token = new Token(request.getResumeToken());
            }
            while (!answer.isCancelled()) {
                look();
                if (System.nanoTime() - lastSent > BOOKMARK_EVERY.toNanos()) {
                    bookmark();
                }
                if (rings.tryAcquire(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
                    rings.drainPermits();
                }
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    private void look() throws InterruptedException {
        VmChanges.Batch batch =
                changes.since(project, token)
                        .orElseThrow(
                                () -> new VmRefused(new ClusterRefusal.WatchExpired(token.text())));
        int left = batch.changes().size();
        for (Change change : batch.changes()) {
            left--;
            if (left == 0) {
                token = batch.token();
            }
            switch (change) {
                case Change.Added(var machine) ->
                        send(WatchVirtualMachinesResponse.Type.TYPE_ADDED, machine);
                case Change.Modified(var machine) ->
                        send(WatchVirtualMachinesResponse.Type.TYPE_MODIFIED, machine);
                case Change.Gone(var machine) ->
                        send(WatchVirtualMachinesResponse.Type.TYPE_DELETED, machine);
            }
        }
        token = batch.token();
    }

    private void bookmark() throws InterruptedException {
        send(
                WatchVirtualMachinesResponse.newBuilder()
                        .setType(WatchVirtualMachinesResponse.Type.TYPE_BOOKMARK));
    }

    private void send(WatchVirtualMachinesResponse.Type type, MachineView machine)
            throws InterruptedException {
        send(
                WatchVirtualMachinesResponse.newBuilder()
                        .setType(type)
                        .setVirtualMachine(show.machine(machine)));
    }

    private void send(WatchVirtualMachinesResponse.Builder event) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!answer.isReady()) {
            long left = end - System.nanoTime();
            if (left <= 0) {
                throw new VmRefused(new ClusterRefusal.WatcherTooSlow(token.text(), PATIENCE));
            }
            if (answer.isCancelled()) {
                return;
            }
            if (rings.tryAcquire(left, TimeUnit.NANOSECONDS)) {
                rings.drainPermits();
            }
        }
        answer.onNext(event.setResumeToken(token.text()).build());
        lastSent = System.nanoTime();
    }
}
