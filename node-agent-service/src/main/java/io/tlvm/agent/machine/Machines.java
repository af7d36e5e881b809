package io.tlvm.agent.machine;

import io.tlvm.ownership.id.VmUid;

import org.jboss.logging.Logger;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** All machines that this node has a journal of. */
public final class Machines implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Machines.class);
    private static final String SUFFIX = ".journal";

    private final NodeEquipment equipment;
    private final boolean debugPaths;
    private final Map<VmUid, MachineDriver> drivers = new ConcurrentHashMap<>();
    private final ScheduledExecutorService clock =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("machine-ticks").factory());

    /**
     * @param debugPaths whether reports tell paths and process ids of the host
     */
    public Machines(NodeEquipment equipment, boolean debugPaths) {
        this.equipment = equipment;
        this.debugPaths = debugPaths;
    }

    /**
     * Opens every journal and finds the processes that an earlier agent left. Nothing of a running
     * guest is touched.
     *
     * @throws IOException when the directory of the journals cannot be read
     */
    public void open() throws IOException, InterruptedException {
        List<VmUid> known = new ArrayList<>();
        try (DirectoryStream<Path> files =
                Files.newDirectoryStream(equipment.journals(), "*" + SUFFIX)) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                known.add(new VmUid(name.substring(0, name.length() - SUFFIX.length())));
            }
        }
        for (VmUid vm : known) {
            try {
                drivers.put(vm, MachineDriver.open(vm, equipment, debugPaths));
            } catch (MachineRefused | IOException unusable) {
                // The other machines are not to wait for this one; each command for it tries again
                // and says why not.
                LOG.errorf("vm=%s is not driven: %s", vm, unusable.getMessage());
            }
        }
        LOG.infof("journals opened machines=%d of=%d", drivers.size(), known.size());
        var unused =
                clock.scheduleWithFixedDelay(
                        () -> drivers.values().forEach(MachineDriver::tick),
                        1,
                        1,
                        TimeUnit.SECONDS);
    }

    /** The driver of a machine that is known here. */
    public Optional<MachineDriver> find(VmUid vm) {
        return Optional.ofNullable(drivers.get(vm));
    }

    /** The driver of a machine, with a new journal if there was none. */
    public MachineDriver driver(VmUid vm) throws InterruptedException {
        MachineDriver known = drivers.get(vm);
        return known != null ? known : create(vm);
    }

    private synchronized MachineDriver create(VmUid vm) throws InterruptedException {
        MachineDriver known = drivers.get(vm);
        if (known != null) {
            return known;
        }
        try {
            MachineDriver made = MachineDriver.open(vm, equipment, debugPaths);
            drivers.put(vm, made);
            return made;
        } catch (IOException failed) {
            throw Failures.asRefusal(vm, failed);
        }
    }

    /** Every driver there is now. */
    public List<MachineDriver> all() {
        return List.copyOf(drivers.values());
    }

    /** Leaves all machines as they are; their processes run on. */
    @Override
    public void close() throws IOException {
        clock.shutdownNow();
        for (MachineDriver driver : drivers.values()) {
            driver.close();
        }
    }
}
