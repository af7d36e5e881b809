package io.tlvm.vm.machine;

import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.row.Event;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Phase;
import io.tlvm.vm.ownership.OwnershipDriver;
import io.tlvm.vm.ownership.RowWait;
import io.tlvm.vm.ownership.Settler;
import io.tlvm.vm.ownership.StepFailure;
import io.tlvm.vm.ownership.Trouble;
import io.tlvm.vm.placement.Demand;
import io.tlvm.vm.placement.Placement;
import io.tlvm.vm.refusal.MachineRefusal;
import io.tlvm.vm.refusal.VmRefused;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Creates a VM, in this order and each step only if what it makes is not there:
 *
 * <ol>
 *   <li>RESOLVE_IMAGE pins the digest, so that nothing later depends on what the catalog says then.
 *   <li>PLACE inserts the ownership row; from there on one node alone may make the guest state.
 *   <li>PREPARE_DISKS before CREATE, because it is what takes long and fails most.
 *   <li>CREATE makes TPM and UEFI variables, once. No undo: a VM that failed is deleted, which
 *       purges whatever was made.
 *   <li>START, unless the VM is wanted stopped. A guest that does not start leaves a usable,
 *       stopped VM.
 * </ol>
 */
public final class CreateSteps implements Verb {

    /**
     * Manufacturing a TPM under TCG on a busy host takes many seconds; a silent node does not get
     * longer.
     */
    private static final Duration CREATE_MAX = Duration.ofMinutes(3);

    private static final Duration ASK_EVERY = Duration.ofSeconds(2);

    private final MachineRecords records;
    private final ImageCheck images;
    private final Disks disks;
    private final OwnershipDriver driver;
    private final Settler settler;
    private final RowWait wait;
    private final Power power;
    private final Clock clock;

    public CreateSteps(
            MachineRecords records,
            ImageCheck images,
            Disks disks,
            OwnershipDriver driver,
            Settler settler,
            RowWait wait,
            Power power,
            Clock clock) {
        this.records = records;
        this.images = images;
        this.disks = disks;
        this.driver = driver;
        this.settler = settler;
        this.wait = wait;
        this.power = power;
        this.clock = clock;
    }

    @Override
    public String kind() {
        return new Work.Create(true).kind();
    }

    @Override
    public void run(Course course) throws InterruptedException {
        if (course.view().machine().provisioning() != Provisioning.ACTIVE) {
            try {
                create(course);
            } catch (VmRefused refused) {
                if (!images.passes(refused.why())) {
                    records.provision(course.uid(), Provisioning.FAILED);
                }
                throw refused;
            }
            records.provision(course.uid(), Provisioning.ACTIVE);
        }
        if (course.work() instanceof Work.Create(var start) && start) {
            start(course);
        }
    }

    private void create(Course course) throws InterruptedException {
        course.endIfCancelled();
        if (course.view().machine().pinned().isEmpty()) {
            course.at("RESOLVE_IMAGE", "asking the catalog for " + course.view().machine().image());
            Images.Known image = images.usable(course.view().machine());
            records.pin(
                    course.uid(),
                    new PinnedImage(image.urn(), new Digest(image.digest().orElseThrow())));
        }
        course.endIfCancelled();
        course.at("PLACE", "choosing a node");
        OwnershipRow row = driver.read(course.uid()).orElseGet(() -> place(course));
        if (row.phase() instanceof Phase.Creating) {
            course.at("PREPARE_DISKS", "making the disk on " + row.owner());
            disks.prepare(course.view().machine(), row);
            course.at("CREATE", "making TPM and UEFI variables on " + row.owner());
            awaitCreated(course);
        }
    }

    private OwnershipRow place(Course course) {
        Machine machine = course.view().machine();
        return records.place(
                course.uid(),
                course.op(),
                (nodes, paths) -> Placement.choose(demand(machine), nodes, paths));
    }

    static Demand demand(Machine machine) {
        return new Demand(
                machine.name().toString(),
                machine.hardware(),
                machine.security().effective(),
                machine.wantedStoragePath(),
                machine.wantedNode());
    }

    /**
     * A create is nobody's but its operation's: what a silent node missed is asked again from here.
     */
    private void awaitCreated(Course course) throws InterruptedException {
        Instant limit = clock.instant().plus(CREATE_MAX);
        Optional<OwnershipRow> end = Optional.empty();
        while (end.isEmpty() && clock.instant().isBefore(limit)) {
            settler.wake(course.uid());
            end =
                    wait.until(
                            course.uid(),
                            clock.instant().plus(ASK_EVERY),
                            row ->
                                    !(row.phase() instanceof Phase.Creating)
                                            || refused(row).isPresent());
        }
        Optional<Trouble> trouble = settler.trouble(course.uid());
        if (end.isEmpty() || end.get().phase() instanceof Phase.Creating) {
            throw new VmRefused(
                    trouble.<MachineRefusal>map(
                                    last ->
                                            new MachineRefusal.StepFailed(
                                                    course.name(),
                                                    "CREATE",
                                                    last.step().node().value(),
                                                    last.failure()))
                            .orElseGet(
                                    () ->
                                            new MachineRefusal.TookTooLong(
                                                    course.name(), "CREATE", CREATE_MAX)));
        }
    }

    private Optional<Trouble> refused(OwnershipRow row) {
        return settler.trouble(row.vm())
                .filter(trouble -> trouble.version().equals(row.version()))
                .filter(trouble -> trouble.failure().kind() == StepFailure.Kind.REFUSED);
    }

    /**
     * The create's epoch is the first; one that is higher tells a repeated call that the start was
     * asked for.
     */
    private void start(Course course) throws InterruptedException {
        OwnershipRow row = driver.require(course.uid());
        boolean startAsked = row.epoch().value() > 1;
        if (row.phase() instanceof Phase.Stopped && !startAsked) {
            course.at("START", "starting on " + row.owner());
            driver.apply(course.uid(), new Event.StartAsked(course.op()));
        }
        power.awaitRunning(course);
    }
}
