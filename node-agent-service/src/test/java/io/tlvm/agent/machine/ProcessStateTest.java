package io.tlvm.agent.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.tlvm.agent.hypervisor.qemu.MigrationStatus;
import io.tlvm.agent.hypervisor.qemu.RunState;
import io.tlvm.ownership.journal.Observed.State;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** query-status and query-migrate together, as QEMU 7.2 shows them at each step. */
class ProcessStateTest {
    @ParameterizedTest(name = "{0} and {1}, claimed {2}: {3}")
    @CsvSource({
        "PRELAUNCH,NONE,true,PRELAUNCH",
        "RUNNING,NONE,true,RUNNING",
        "RUNNING,ACTIVE,true,RUNNING",
        "RUNNING,CANCELLED,true,RUNNING",
        "FINISH_MIGRATE,ACTIVE,true,RUNNING",
        "FINISH_MIGRATE,PRE_SWITCHOVER,true,PRE_SWITCHOVER",
        "FINISH_MIGRATE,DEVICE,true,DEVICE",
        "FINISH_MIGRATE,FAILED,true,PAUSED",
        "POSTMIGRATE,COMPLETED,true,POSTMIGRATE",
        "POSTMIGRATE,CANCELLED,true,PAUSED",
        "POSTMIGRATE,FAILED,true,PAUSED",
        "INMIGRATE,NONE,false,INCOMING",
        "INMIGRATE,ACTIVE,false,INCOMING",
        "PAUSED,COMPLETED,false,LOADED",
        "PAUSED,COMPLETED,true,PAUSED",
        "PAUSED,NONE,true,PAUSED",
        "SHUTDOWN,NONE,true,ENDED",
        "IO_ERROR,NONE,true,ENDED",
        "GUEST_PANICKED,NONE,true,ENDED",
    })
    void state_is_read_from_both(
            RunState status, MigrationStatus migration, boolean claimed, State expected) {
        assertThat(Processes.state(status, migration, claimed)).isEqualTo(expected);
    }
}
