package io.tlvm.cli;

import com.google.protobuf.Descriptors.EnumDescriptor;

import io.tlvm.cli.input.EnumWords;
import io.tlvm.cli.input.ResourceNames;
import io.tlvm.cli.problem.Problem;
import io.tlvm.cli.problem.ProblemException;
import io.tlvm.cli.progress.Update;
import io.tlvm.compute.v1.VirtualMachine;

import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;

/** What somebody waits for a VM to become. */
sealed interface VmWish {

    /** How often the VM is looked at. */
    Duration LOOK_EVERY = Duration.ofSeconds(1);

    /** What a condition can be. */
    Set<String> STATUSES = Set.of("true", "false", "unknown");

    /** Whether the VM is as wished. */
    boolean fulfilled(VirtualMachine vm);

    /** Whether the VM never becomes as wished by itself. */
    default boolean hopeless(VirtualMachine vm) {
        return false;
    }

    /** A power state. */
    record Power(VirtualMachine.PowerState wanted) implements VmWish {
        @Override
        public boolean fulfilled(VirtualMachine vm) {
            return vm.getPowerState() == wanted;
        }

        @Override
        public boolean hopeless(VirtualMachine vm) {
            return wanted == VirtualMachine.PowerState.POWER_STATE_RUNNING
                    && switch (vm.getState()) {
                        case STATE_FAILED, STATE_QUARANTINED, STATE_DELETED -> true;
                        case STATE_UNSPECIFIED, STATE_CREATING, STATE_ACTIVE, UNRECOGNIZED -> false;
                    };
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
            default -> condition(pair[0], pair[1]);
        };
    }

    /** Conditions are written like AgentConnected; anything else is a typing error. */
    private static VmWish condition(String type, String status) {
        if (!Character.isUpperCase(type.charAt(0))) {
            throw new ProblemException(
                    Problem.usage(
                            "--for: '"
                                    + type
                                    + "' is not power, state, node or a condition such as"
                                    + " AgentConnected",
                            "try: --for power=running"));
        }
        if (!STATUSES.contains(status.toLowerCase(Locale.ROOT))) {
            throw new ProblemException(
                    Problem.usage(
                            "--for: a condition is True, False or Unknown, not '" + status + "'",
                            "try: --for " + type + "=True"));
        }
        return new WithCondition(type, status);
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
            if (hopeless(vm)) {
                throw new ProblemException(
                        Problem.state(
                                name
                                        + " is "
                                        + EnumWords.word(vm.getState())
                                        + " and will not be as wished",
                                "look at: tlvm vm show " + name));
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
