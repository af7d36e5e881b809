package io.tlvm.cli;

import com.google.protobuf.Descriptors.EnumDescriptor;

import io.tlvm.cli.input.EnumWords;
import io.tlvm.cli.input.ResourceNames;
import io.tlvm.cli.problem.Problem;
import io.tlvm.cli.problem.ProblemException;
import io.tlvm.cli.progress.Update;
import io.tlvm.compute.v1.VirtualMachine;

import java.time.Duration;
import java.util.function.Supplier;

/** What somebody waits for a VM to become. */
sealed interface VmWish {

    /** How often the VM is looked at. */
    Duration LOOK_EVERY = Duration.ofSeconds(1);

    /** Whether the VM is as wished. */
    boolean fulfilled(VirtualMachine vm);

    /** A power state. */
    record Power(VirtualMachine.PowerState wanted) implements VmWish {
        @Override
        public boolean fulfilled(VirtualMachine vm) {
            return vm.getPowerState() == wanted;
        }
    }

    /** A provisioning state. */
    record Provisioning(VirtualMachine.State wanted) implements VmWish {
        @Override
        public boolean fulfilled(VirtualMachine vm) {
            return vm.getState() == wanted;
        }
    }

    /** A node. */
    record OnNode(String node) implements VmWish {
        @Override
        public boolean fulfilled(VirtualMachine vm) {
            return ResourceNames.shortName(vm.getNode()).equals(node);
        }
    }

    /** A condition, such as AgentConnected=True. */
    record WithCondition(String type, String status) implements VmWish {
        @Override
        public boolean fulfilled(VirtualMachine vm) {
            return vm.getConditionsList().stream()
                    .anyMatch(
                            c ->
                                    c.getType().equalsIgnoreCase(type)
                                            && c.getStatus().equalsIgnoreCase(status));
        }
    }

    /**
     * Reads {@code power=running}, {@code state=active}, {@code node=node-b}, {@code
     * Condition=True} or {@code deleted}.
     */
    static VmWish parse(String text) {
        if (text.equalsIgnoreCase("deleted")) {
            return new Provisioning(VirtualMachine.State.STATE_DELETED);
        }
        String[] pair = text.split("=", 2);
        if (pair.length != 2 || pair[0].isBlank() || pair[1].isBlank()) {
            throw new ProblemException(
                    Problem.usage(
                            "--for: '" + text + "' is not key=value", "try: --for power=running"));
        }
        return switch (pair[0]) {
            case "power" ->
                    new Power(
                            VirtualMachine.PowerState.forNumber(
                                    number(VirtualMachine.PowerState.getDescriptor(), pair[1])));
            case "state" ->
                    new Provisioning(
                            VirtualMachine.State.forNumber(
                                    number(VirtualMachine.State.getDescriptor(), pair[1])));
            case "node" -> new OnNode(ResourceNames.shortName(pair[1]));
            default -> new WithCondition(pair[0], pair[1]);
        };
    }

    private static int number(EnumDescriptor type, String word) {
        try {
            return EnumWords.parse(type, word);
        } catch (IllegalArgumentException wrong) {
            throw new ProblemException(
                    Problem.usage("--for: " + wrong.getMessage(), "try: --for power=running"),
                    wrong);
        }
    }

    /** Looks until the VM is as wished, or the user's patience ends. */
    default VirtualMachine await(Session session, String name, Supplier<VirtualMachine> look) {
        Duration patience = session.options().timeout;
        long end = System.nanoTime() + patience.toNanos();
        while (true) {
            VirtualMachine vm = look.get();
            if (fulfilled(vm)) {
                session.progress().pause();
                return vm;
            }
            if (System.nanoTime() >= end) {
                throw new ProblemException(
                        Problem.timeout(
                                name
                                        + " is "
                                        + EnumWords.word(vm.getPowerState())
                                        + "/"
                                        + EnumWords.word(vm.getState())
                                        + " after "
                                        + patience.toSeconds()
                                        + " s",
                                "look at: tlvm vm show " + name));
            }
            session.progress()
                    .show(
                            Update.of(
                                    name,
                                    "WAIT",
                                    EnumWords.word(vm.getPowerState())
                                            + "/"
                                            + EnumWords.word(vm.getState())));
            session.host().pause().rest(LOOK_EVERY);
        }
    }
}
