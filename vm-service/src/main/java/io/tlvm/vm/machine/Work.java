package io.tlvm.vm.machine;

import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.row.Phase.StopMode;

import java.time.Duration;
import java.time.Instant;

/**
 * What an operation on a VM is to do; kept with the operation, so that it can go on after a crash.
 */
public sealed interface Work {

    /** Kind of the operation, the name of its RPC. */
    String kind();

    /** The verb of its metadata. */
    String verb();

    /** Make it; {@code start} it as well. */
    record Create(boolean start) implements Work {
        @Override
        public String kind() {
            return "CreateVirtualMachine";
        }

        @Override
        public String verb() {
            return "create";
        }
    }

    /** Start it. */
    record Start() implements Work {
        @Override
        public String kind() {
            return "StartVirtualMachine";
        }

        @Override
        public String verb() {
            return "start";
        }
    }

    /** Stop it; a graceful stop is forced {@code patience} after it was asked for. */
    record Stop(StopMode mode, Duration patience) implements Work {
        @Override
        public String kind() {
            return "StopVirtualMachine";
        }

        @Override
        public String verb() {
            return "stop";
        }
    }

    /** Stop it and start it. */
    record Restart(StopMode mode, Duration patience) implements Work {
        @Override
        public String kind() {
            return "RestartVirtualMachine";
        }

        @Override
        public String verb() {
            return "restart";
        }
    }

    /**
     * Delete it; its guest state is kept for {@code retain}, and destroyed at once when that is
     * zero.
     */
    record Delete(boolean force, Duration retain) implements Work {
        @Override
        public String kind() {
            return "DeleteVirtualMachine";
        }

        @Override
        public String verb() {
            return "delete";
        }
    }

    /** Take a delete back. */
    record Undelete() implements Work {
        @Override
        public String kind() {
            return "UndeleteVirtualMachine";
        }

        @Override
        public String verb() {
            return "undelete";
        }
    }

    /**
     * Move it while it runs; given up at {@code deadline}. {@code bandwidth} in bytes per second, 0
     * for no limit.
     */
    record Migrate(NodeName target, long bandwidth, Instant deadline) implements Work {
        @Override
        public String kind() {
            return "MigrateVirtualMachine";
        }

        @Override
        public String verb() {
            return "migrate";
        }
    }
}
