package io.tlvm.agent.hypervisor.qemu;

import java.util.OptionalInt;

/** The user that QEMU and swtpm of one VM run as. Never root. */
public sealed interface RunAs {
    /**
     * The agent is not root and cannot change to another user: its own. VMs are then not separated
     * by user.
     */
    record AgentItself() implements RunAs {}

    /**
     * A user of this VM alone.
     *
     * @param deviceGroup one more group, the one that may open {@code /dev/kvm}
     */
    record Ids(int uid, int gid, OptionalInt deviceGroup) implements RunAs {
        public Ids {
            if (uid <= 0 || gid <= 0 || deviceGroup.orElse(1) <= 0) {
                throw new IllegalArgumentException(
                        "user and groups of a VM must be numbers above 0");
            }
        }

        public Ids(int uid, int gid) {
            this(uid, gid, OptionalInt.empty());
        }
    }

    /** The text of {@code guardian.conf}. */
    default String toText() {
        return switch (this) {
            case AgentItself() -> "-\n";
            case Ids(int uid, int gid, OptionalInt group) ->
                    uid + " " + gid + (group.isPresent() ? " " + group.getAsInt() : "") + "\n";
        };
    }
}
