package io.tlvm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Timestamp;

import io.tlvm.compute.v1.CreateVirtualMachineRequest;
import io.tlvm.compute.v1.EffectiveSecurityProfile;
import io.tlvm.compute.v1.HardwareProfile;
import io.tlvm.compute.v1.MigrateVirtualMachineRequest;
import io.tlvm.compute.v1.StorageProfile;
import io.tlvm.compute.v1.VirtualMachine;
import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.foundation.refusal.Refusal;
import io.tlvm.type.v1.ErrorReason;
import io.tlvm.type.v1.SecurityType;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

class VmCommandsTest {
    private static final Instant TWO_DAYS_AGO = Instant.now().minus(Duration.ofHours(50));

    private Path directory;
    private FakeCloud cloud;
    private Cli cli;

    @BeforeEach
    void start(@TempDir Path fresh) {
        directory = fresh;
        cloud = new FakeCloud(directory);
        cli = new Cli(cloud.environment(directory));
    }

    @AfterEach
    void stop() throws Exception {
        cloud.close();
    }

    static VirtualMachine vm(String name) {
        return VirtualMachine.newBuilder()
                .setName("projects/default/virtualMachines/" + name)
                .setHardwareProfile(HardwareProfile.newBuilder().setVcpuCount(4).setMemoryMib(8192))
                .setEffectiveSecurityProfile(
                        EffectiveSecurityProfile.newBuilder()
                                .setSecurityType(SecurityType.SECURITY_TYPE_TRUSTED_LAUNCH)
                                .setSecureBootEnabled(true)
                                .setVtpmEnabled(true))
                .setStorageProfile(
                        StorageProfile.newBuilder().setImage("projects/default/images/debian"))
                .setState(VirtualMachine.State.STATE_ACTIVE)
                .setPowerState(VirtualMachine.PowerState.POWER_STATE_RUNNING)
                .setNode("nodes/node-b")
                .setCreateTime(Timestamp.newBuilder().setSeconds(TWO_DAYS_AGO.getEpochSecond()))
                .build();
    }

    @Test
    void list_follows_all_pages_and_prints_a_table() {
        cloud.machines = List.of(vm("web01"), vm("database-2"));

        assertThat(cli.run("vm", "list").out())
                .isEqualTo(
                        """
                        NAME        POWER    STATE   NODE    SECURITY       SECBOOT  VTPM  CPU  MEM      IMAGE   AGE
                        web01       Running  Active  node-b  TrustedLaunch  on       2.0   4    8.0 GiB  debian  2d
                        database-2  Running  Active  node-b  TrustedLaunch  on       2.0   4    8.0 GiB  debian  2d
                        """);
        assertThat(cli.run("vm", "ls", "--no-headers", "--limit", "1").out())
                .startsWith("web01")
                .hasLineCount(1);
        assertThat(cli.run("vm", "list", "-o", "name").out())
                .isEqualTo(
                        """
                        projects/default/virtualMachines/web01
                        projects/default/virtualMachines/database-2
                        """);
    }

    @Test
    void json_has_lower_camel_names_and_long_integers_as_strings_and_writes_false() {
        cloud.machines =
                List.of(
                        vm("web01").toBuilder()
                                .clearCreateTime()
                                .clearStorageProfile()
                                .clearNode()
                                .build());

        assertThat(cli.run("vm", "list", "-o", "json").out())
                .isEqualTo(
                        """
                        [
                          {
                            "name": "projects/default/virtualMachines/web01",
                            "uid": "",
                            "labels": {
                            },
                            "hardwareProfile": {
                              "vcpuCount": 4,
                              "memoryMib": "8192"
                            },
                            "effectiveSecurityProfile": {
                              "securityType": "SECURITY_TYPE_TRUSTED_LAUNCH",
                              "secureBootEnabled": true,
                              "vtpmEnabled": true,
                              "vbsCapable": false
                            },
                            "state": "STATE_ACTIVE",
                            "powerState": "POWER_STATE_RUNNING",
                            "node": "",
                            "conditions": [],
                            "currentOperation": "",
                            "etag": "",
                            "creator": "",
                            "macAddress": ""
                          }
                        ]
                        """);
        assertThat(cli.run("vm", "show", "web01", "-o", "jsonl").out())
                .hasLineCount(1)
                .contains("\"memoryMib\":\"8192\"");
        assertThat(cli.run("vm", "show", "web01", "-o", "yaml").out())
                .contains("hardwareProfile:\n  vcpuCount: 4\n  memoryMib: \"8192\"\n");
    }

    @Test
    void an_empty_list_is_an_empty_array() {
        assertThat(cli.run("vm", "list", "-o", "json").out()).isEqualTo("[]\n");
    }

    @Test
    void control_characters_of_a_service_do_not_reach_the_terminal() {
        cloud.machines = List.of(vm("web01").toBuilder().setMacAddress("\u001b[31mred").build());
        assertThat(cli.run("vm", "list", "-o", "wide").out())
                .doesNotContain("\u001b")
                .contains("[31mred");
    }

    @Test
    void create_shows_steps_on_stderr_and_only_the_vm_on_stdout() {
        cloud.steps.addAll(
                List.of(
                        FakeCloud.running("PLACE", "choosing a node"),
                        FakeCloud.running("PLACE", "choosing a node"),
                        FakeCloud.succeeded(vm("web01"))));

        var outcome = cli.run("vm", "create", "web01", "--image", "debian", "-o", "name");

        assertThat(outcome.status()).isZero();
        assertThat(outcome.out()).isEqualTo("projects/default/virtualMachines/web01\n");
        assertThat(outcome.err().lines().filter(line -> line.contains("  PLACE  choosing a node")))
                .hasSize(1);
    }

    @Test
    void progress_as_json_is_lines_of_json() {
        cloud.steps.add(FakeCloud.succeeded(vm("web01")));
        var outcome = cli.run("vm", "start", "web01", "--progress=json", "-o", "json");
        assertThat(outcome.err().lines())
                .isNotEmpty()
                .allSatisfy(line -> assertThat(line).startsWith("{").endsWith("}"));
    }

    @Test
    void flags_of_az_become_the_request() {
        cloud.steps.add(FakeCloud.succeeded(vm("web01")));

        var outcome =
                cli.run(
                        "vm",
                        "create",
                        "--hardware-profile",
                        "memory-mb=8192",
                        "processors=4",
                        "--name",
                        "web01",
                        "--image",
                        "debian",
                        "--security-type",
                        "trustedLaunch",
                        "--enable-secure-boot",
                        "true",
                        "--enable-vtpm",
                        "false",
                        "--enable-vbs",
                        "--storage-path",
                        "fast",
                        "--node",
                        "node-a",
                        "--stopped",
                        "--label",
                        "team=a");

        assertThat(outcome.status()).as(outcome.err()).isZero();
        CreateVirtualMachineRequest request = cloud.creates.getFirst();
        assertThat(request.getParent()).isEqualTo("projects/default");
        assertThat(request.getVirtualMachineId()).isEqualTo("web01");
        assertThat(request.getStopped()).isTrue();
        VirtualMachine vm = request.getVirtualMachine();
        assertThat(vm.getHardwareProfile())
                .isEqualTo(HardwareProfile.newBuilder().setVcpuCount(4).setMemoryMib(8192).build());
        assertThat(vm.getSecurityProfile().getSecurityType())
                .isEqualTo(SecurityType.SECURITY_TYPE_TRUSTED_LAUNCH);
        assertThat(vm.getSecurityProfile().getSecureBootEnabled()).isTrue();
        assertThat(vm.getSecurityProfile().hasVtpmEnabled()).isTrue();
        assertThat(vm.getSecurityProfile().getVtpmEnabled()).isFalse();
        assertThat(vm.getSecurityProfile().getVbsEnabled()).isTrue();
        assertThat(vm.getStorageProfile().getImage()).isEqualTo("projects/default/images/debian");
        assertThat(vm.getStorageProfile().getStoragePath()).isEqualTo("storagePaths/fast");
        assertThat(vm.getPlacementPolicy().getNode()).isEqualTo("nodes/node-a");
        assertThat(vm.getLabelsMap()).containsEntry("team", "a");
    }

    @Test
    void flags_that_are_not_given_stay_unset() {
        cloud.steps.add(FakeCloud.succeeded(vm("web01")));
        cli.run("vm", "create", "web01", "--image", "debian", "--memory", "384MiB");
        VirtualMachine vm = cloud.creates.getFirst().getVirtualMachine();
        assertThat(vm.hasSecurityProfile()).isFalse();
        assertThat(vm.hasPlacementPolicy()).isFalse();
        assertThat(vm.getHardwareProfile())
                .isEqualTo(HardwareProfile.newBuilder().setMemoryMib(384).build());
    }

    @Test
    void a_call_that_met_an_absent_service_is_repeated_with_the_same_request_id() {
        cloud.createFailures.add(
                Refusal.of(ErrorReason.ERROR_REASON_UNAVAILABLE_DEPENDENCY, ErrorDomain.COMPUTE)
                        .asException());
        cloud.createFailures.add(io.grpc.Status.UNAVAILABLE.asRuntimeException());
        cloud.steps.add(FakeCloud.succeeded(vm("web01")));

        assertThat(cli.run("vm", "create", "web01", "--image", "debian").status()).isZero();

        assertThat(cloud.creates).hasSize(3);
        assertThat(cloud.creates.stream().map(CreateVirtualMachineRequest::getRequestId).distinct())
                .hasSize(1);
        assertThat(UUID.fromString(cloud.creates.getFirst().getRequestId()).version()).isEqualTo(4);
    }

    @Test
    void repetition_ends_after_four_attempts() {
        for (int i = 0; i < 9; i++) {
            cloud.createFailures.add(
                    Refusal.of(ErrorReason.ERROR_REASON_UNAVAILABLE_DEPENDENCY, ErrorDomain.COMPUTE)
                            .asException());
        }
        assertThat(cli.run("vm", "create", "web01", "--image", "debian").status()).isEqualTo(10);
        assertThat(cloud.creates).hasSize(4);
    }

    @Test
    void a_conflict_is_not_repeated() {
        cloud.createFailures.add(
                Refusal.of(ErrorReason.ERROR_REASON_OPERATION_IN_PROGRESS, ErrorDomain.COMPUTE)
                        .asException());
        assertThat(cli.run("vm", "create", "web01", "--image", "debian").status()).isEqualTo(4);
        assertThat(cloud.creates).hasSize(1);
    }

    @Test
    void a_given_request_id_is_used_and_one_of_another_version_is_refused() {
        cloud.steps.add(FakeCloud.succeeded(vm("web01")));
        String id = "7d444840-9dc0-41d1-b245-5ffdce74fad2";
        cli.run("vm", "create", "web01", "--image", "debian", "--request-id", id);
        assertThat(cloud.creates.getFirst().getRequestId()).isEqualTo(id);

        var outcome =
                cli.run(
                        "vm",
                        "create",
                        "web01",
                        "--image",
                        "debian",
                        "--request-id",
                        "7d444840-9dc0-11d1-b245-5ffdce74fad2");
        assertThat(outcome.status()).isEqualTo(2);
        assertThat(outcome.err()).contains("not a version 4 UUID");
    }

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"ERROR_REASON_UNSPECIFIED", "UNRECOGNIZED"})
    void every_reason_of_a_failed_operation_has_its_exit_status(ErrorReason reason) {
        cloud.steps.add(
                FakeCloud.failed(
                        Refusal.of(reason, ErrorDomain.COMPUTE)
                                .what("it did not work")
                                .fix("do this")));

        var outcome = cli.run("vm", "create", "web01", "--image", "debian");

        String name = reason.name().substring("ERROR_REASON_".length());
        assertThat(outcome.status())
                .isEqualTo(io.tlvm.foundation.refusal.ReasonTable.advice(reason).getExitCode())
                .isBetween(1, 10);
        assertThat(outcome.err()).contains(name + ": it did not work\n").contains("fix: do this\n");
        assertThat(outcome.out()).isEmpty();
    }

    @Test
    void all_violations_are_printed_one_per_line() {
        cloud.createFailures.add(
                Refusal.of(ErrorReason.ERROR_REASON_VALIDATION_FAILED, ErrorDomain.COMPUTE)
                        .what("2 fields break rules")
                        .violation("virtual_machine_id", "string.pattern", "must be lower case")
                        .violation(
                                "virtual_machine.hardware_profile.memory_mib",
                                "int64.gte",
                                "must be at least 384")
                        .asException());

        var outcome = cli.run("vm", "create", "WEB", "--image", "debian");

        assertThat(outcome.status()).isEqualTo(2);
        assertThat(outcome.err())
                .isEqualTo(
                        """
                        VALIDATION_FAILED: 2 fields break rules
                          • virtual_machine_id: must be lower case
                          • virtual_machine.hardware_profile.memory_mib: must be at least 384
                        fix: Correct the fields that the violations name and send the request again.
                        """);
    }

    @Test
    void a_wait_that_is_too_long_ends_with_8_and_says_how_to_go_on() {
        var outcome = cli.run("vm", "create", "web01", "--image", "debian", "--timeout", "0s");
        assertThat(outcome.status()).isEqualTo(8);
        assertThat(outcome.err()).contains("it goes on").contains("tlvm op wait compute-0d6f6a6e");
    }

    @Test
    void no_wait_prints_the_operation() {
        var outcome =
                cli.run("vm", "create", "web01", "--image", "debian", "--no-wait", "-o", "name");
        assertThat(outcome.out()).isEqualTo(FakeCloud.OPERATION + "\n");
    }

    @Test
    void dry_run_validates_only_where_the_service_can_and_is_refused_elsewhere() {
        cloud.steps.add(FakeCloud.succeeded(vm("web01")));
        cli.run("vm", "migrate", "web01", "--target", "node-c", "--dry-run");
        MigrateVirtualMachineRequest request = cloud.migrates.getFirst();
        assertThat(request.getValidateOnly()).isTrue();
        assertThat(request.getTargetNode()).isEqualTo("nodes/node-c");
        assertThat(request.getMode()).isEqualTo(MigrateVirtualMachineRequest.Mode.MODE_LIVE);
        assertThat(cli.run("vm", "delete", "web01", "--dry-run").status()).isEqualTo(2);
        assertThat(cloud.deletes).isEmpty();
    }

    @Test
    void guest_state_is_destroyed_only_after_a_confirmation() {
        cloud.steps.add(FakeCloud.succeeded(vm("web01")));
        assertThat(cli.run("vm", "delete", "web01", "--destroy-guest-state").status()).isEqualTo(2);
        assertThat(cli.run("vm", "delete", "web01", "--destroy-guest-state", "-y").status())
                .isZero();
        assertThat(cli.onTerminal("n\n").run("vm", "delete", "web01").status()).isEqualTo(1);
        assertThat(cloud.deletes).hasSize(1);
        assertThat(cloud.deletes.getFirst().hasRetain()).isTrue();
        assertThat(cloud.deletes.getFirst().getRetain().getSeconds()).isZero();
    }

    @Test
    void an_unknown_vm_ends_with_3() {
        assertThat(cli.run("vm", "show", "nope").status()).isEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource({
        "power=running,0",
        "state=ACTIVE,0",
        "node=node-b,0",
        "power=stopped,8",
        "power=sideways,2",
        "powr=running,2",
        "AgentConnected=yes,2",
        "AgentConnected=True,8",
        "nonsense,2"
    })
    void wait_ends_when_the_vm_is_as_wished(String wish, int status) {
        cloud.machines = List.of(vm("web01"));
        assertThat(cli.run("vm", "wait", "web01", "--for", wish, "--timeout", "0s").status())
                .isEqualTo(status);
    }

    @Test
    void wait_does_not_wait_for_what_cannot_come() {
        cloud.machines =
                List.of(
                        vm("web01").toBuilder()
                                .setState(VirtualMachine.State.STATE_QUARANTINED)
                                .setPowerState(VirtualMachine.PowerState.POWER_STATE_STOPPED)
                                .build());
        var outcome = cli.run("vm", "wait", "web01", "--for", "power=running");
        assertThat(outcome.status()).isEqualTo(5);
        assertThat(outcome.err()).contains("web01 is Quarantined").contains("tlvm vm show web01");
    }

    @Test
    void watch_goes_on_after_the_last_event_when_the_stream_breaks() {
        cloud.machines = List.of(vm("web01"), vm("web02"));
        var outcome = cli.run("vm", "watch", "--limit", "3", "-o", "name");
        assertThat(outcome.out().lines()).hasSize(3);
        assertThat(cloud.watchTokens).startsWith("", "1", "2");
    }

    @Test
    void an_absent_service_ends_with_10_and_names_its_address() {
        var outcome = cli.run("vm", "list", "--compute", "127.0.0.1:1");
        assertThat(outcome.status()).isEqualTo(10);
        assertThat(outcome.err()).contains("127.0.0.1:1").contains("TLVM_COMPUTE");
    }

    @Test
    void a_service_with_another_identity_is_not_spoken_to() {
        var outcome = cli.run("vm", "list", "--compute", cloud.catalogAddress());
        assertThat(outcome.status()).as(outcome.err()).isEqualTo(6);
        assertThat(outcome.err()).contains("PEER_IDENTITY_UNTRUSTED");
    }

    @Test
    void an_absent_identity_ends_with_6() {
        assertThat(cli.with("TLVM_PKI", "").run("vm", "list").err()).contains("TLVM_PKI");
        assertThat(cli.with("TLVM_PKI", "/nowhere").run("vm", "list").status()).isEqualTo(6);
    }

    @Test
    void operations_are_routed_by_their_prefix() {
        cloud.steps.add(FakeCloud.succeeded(vm("web01")));
        assertThat(cli.run("op", "wait", "compute-0d6f6a6e-3d5f-4c1a-9f3b-5a7c1f0c0001").status())
                .isZero();
        assertThat(cli.run("op", "show", "else-1").status()).isEqualTo(2);
        assertThat(cli.run("op", "list").out().lines()).hasSize(3);
    }

    @Test
    void debug_prints_calls_without_contents() {
        cloud.machines = List.of(vm("web01"));
        assertThat(cli.run("vm", "list", "--debug").err())
                .contains("debug: tlvm.compute.v1.VirtualMachineService/ListVirtualMachines")
                .doesNotContain("web01");
    }

    @Test
    void a_terminal_gets_one_line_that_is_rewritten() {
        cloud.steps.add(FakeCloud.succeeded(vm("web01")));
        var outcome = cli.onTerminal("").run("vm", "start", "web01");
        assertThat(outcome.err())
                .contains("\r\u001b[Kstart  starting")
                .containsOnlyOnce("\n")
                .contains("  done in ");
    }
}
