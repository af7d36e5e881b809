package io.tlvm.acceptance.watcher;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Looks at every QEMU of every node through the monitor that the product never uses, and says
 * whether two guests of one VM ever ran at the same time. It asks each QEMU more than 20 times a
 * second and never asks the control plane.
 */
public final class Watcher implements AutoCloseable {
    private static final long DISCOVERY_MS = 50;

    private final Path runRoot;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    private final Map<Path, Observer> observers = new ConcurrentHashMap<>();

    /**
     * @param runRoot holds one run directory per node, each with one directory per process of a VM
     */
    public Watcher(Path runRoot) {
        this.runRoot = runRoot;
        clock.scheduleWithFixedDelay(this::discover, 0, DISCOVERY_MS, TimeUnit.MILLISECONDS);
    }

    /** Answers that were read of a VM's processes so far. */
    public long samples(String vmUid) {
        return of(vmUid).stream().mapToLong(Observer::samples).sum();
    }

    /**
     * Every pair of processes of a VM that certainly ran at the same time; empty is what the
     * product promises.
     */
    public List<String> overlaps(String vmUid) {
        List<Observer> all = of(vmUid);
        List<String> found = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            for (int j = i + 1; j < all.size(); j++) {
                for (Span a : all.get(i).spans()) {
                    for (Span b : all.get(j).spans()) {
                        if (a.overlaps(b)) {
                            found.add(
                                    all.get(i).socket()
                                            + " and "
                                            + all.get(j).socket()
                                            + " "
                                            + a
                                            + " "
                                            + b);
                        }
                    }
                }
            }
        }
        return found;
    }

    /** The processes of a VM whose last answer was that the guest runs. */
    public List<Path> runningNow(String vmUid) {
        return of(vmUid).stream().filter(Observer::runsNow).map(Observer::socket).toList();
    }

    private List<Observer> of(String vmUid) {
        return observers.values().stream()
                .filter(observer -> vmOf(observer.socket()).equals(vmUid))
                .toList();
    }

    private static String vmOf(Path socket) {
        String directory = socket.getName(socket.getNameCount() - 3).toString();
        int dot = directory.indexOf('.');
        return dot < 0 ? directory : directory.substring(0, dot);
    }

    private void discover() {
        for (Path node : directories(runRoot)) {
            for (Path machine : directories(node)) {
                Path socket = machine.resolve("io/observer.sock");
                if (Files.exists(socket)) {
                    observers.compute(
                            socket,
                            (path, known) ->
                                    known == null || known.ended()
                                            ? Observer.start(path, known)
                                            : known);
                }
            }
        }
    }

    private static List<Path> directories(Path parent) {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> children =
                Files.newDirectoryStream(parent, Files::isDirectory)) {
            children.forEach(found::add);
        } catch (IOException | java.nio.file.DirectoryIteratorException e) {
            // A directory that vanishes while it is listed belongs to a VM that ended.
            return found;
        }
        return found;
    }

    @Override
    public void close() {
        clock.shutdownNow();
        observers.values().forEach(Observer::close);
    }
}
