package io.tlvm.agent.hypervisor.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

class QemuCommandLineTest {
    private static final Path QEMU = Path.of("/usr/bin/qemu-system-x86_64");
    private static final UUID VM = UUID.fromString("0d1f5a3e-6c0e-4b8e-9a55-3d5f9d1c2b7a");
    private static final RunDirectory RUN = new RunDirectory(Path.of("/run/tlvm/0d1f5a3e"));

    @Test
    void trusted_launch_machine_is_this_list() {
        assertThat(QemuCommandLine.of(QEMU, trusted("Nehalem", false, false)).arguments())
                .containsExactly(
                        """
                        /usr/bin/qemu-system-x86_64
                        -name
                        guest=0d1f5a3e-6c0e-4b8e-9a55-3d5f9d1c2b7a,debug-threads=on
                        -nodefaults
                        -no-user-config
                        -display
                        none
                        -msg
                        timestamp=on,guest-name=off
                        -sandbox
                        on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny
                        -uuid
                        0d1f5a3e-6c0e-4b8e-9a55-3d5f9d1c2b7a
                        -machine
                        pc-q35-7.2,pflash0=fw-code,pflash1=fw-vars,smm=on,vmport=off
                        -accel
                        tcg,tb-size=64
                        -cpu
                        Nehalem
                        -smp
                        cpus=2
                        -m
                        size=768M
                        -global
                        driver=cfi.pflash01,property=secure,value=on
                        -global
                        ICH9-LPC.disable_s3=1
                        -blockdev
                        {"driver":"raw","node-name":"fw-code","read-only":true,"file":{"driver":"file","node-name":"fw-code-file","filename":"/fw/code.fd","read-only":true}}
                        -blockdev
                        {"driver":"raw","node-name":"fw-vars","read-only":false,"file":{"driver":"file","node-name":"fw-vars-file","filename":"/state/vars.fd","read-only":false,"auto-read-only":true},"auto-read-only":true}
                        -blockdev
                        {"driver":"raw","node-name":"d0","read-only":false,"file":{"driver":"file","node-name":"d0-file","filename":"/disks/a,format=qcow2","read-only":false}}
                        -device
                        {"driver":"virtio-blk-pci","id":"disk-d0","drive":"d0","bootindex":1}
                        -blockdev
                        {"driver":"raw","node-name":"seed","read-only":true,"file":{"driver":"file","node-name":"seed-file","filename":"/disks/seed","read-only":true}}
                        -device
                        {"driver":"virtio-blk-pci","id":"disk-seed","drive":"seed","bootindex":2}
                        -netdev
                        user,id=net0
                        -device
                        {"driver":"virtio-net-pci","id":"nic0","netdev":"net0","mac":"52:54:00:12:34:56"}
                        -object
                        {"qom-type":"rng-random","id":"rng0","filename":"/dev/urandom"}
                        -device
                        {"driver":"virtio-rng-pci","id":"rngdev0","rng":"rng0"}
                        -chardev
                        socket,id=serial0,path=/run/tlvm/0d1f5a3e/io/serial.sock,server=on,wait=off,logfile=/run/tlvm/0d1f5a3e/io/serial.log,logappend=on
                        -serial
                        chardev:serial0
                        -device
                        {"driver":"virtio-serial-pci","id":"ports"}
                        -chardev
                        socket,id=ctl,path=/run/tlvm/0d1f5a3e/io/ctl.sock,server=on,wait=off
                        -device
                        {"driver":"virtserialport","id":"port-ctl","bus":"ports.0","nr":1,"chardev":"ctl","name":"tlvm.ctl"}
                        -chardev
                        socket,id=tick,path=/run/tlvm/0d1f5a3e/io/tick.sock,server=on,wait=off
                        -device
                        {"driver":"virtserialport","id":"port-tick","bus":"ports.0","nr":2,"chardev":"tick","name":"tlvm.tick"}
                        -chardev
                        socket,id=tpmctl,path=/run/tlvm/0d1f5a3e/io/swtpm.sock
                        -tpmdev
                        emulator,id=tpm0,chardev=tpmctl
                        -device
                        {"driver":"tpm-crb","id":"tpmdev0","tpmdev":"tpm0"}
                        -chardev
                        socket,id=qmp0,path=/run/tlvm/0d1f5a3e/io/qmp.sock,server=on,wait=off
                        -mon
                        chardev=qmp0,mode=control
                        -chardev
                        socket,id=qmp1,path=/run/tlvm/0d1f5a3e/io/observer.sock,server=on,wait=off
                        -mon
                        chardev=qmp1,mode=control
                        -S
                        """
                                .lines()
                                .toArray(String[]::new));
    }

    @Test
    void target_waits_for_a_migration_and_for_cont() {
        assertThat(QemuCommandLine.of(QEMU, trusted("Nehalem", false, true)).arguments())
                .endsWith("-S", "-incoming", "defer");
    }

    @Test
    void standard_machine_has_no_tpm_and_no_smm() {
        List<String> line =
                QemuCommandLine.of(QEMU, hardware(SecurityType.STANDARD, "Nehalem", false, false))
                        .arguments();

        assertThat(line)
                .contains("pc-q35-7.2,pflash0=fw-code,pflash1=fw-vars,smm=off,vmport=off")
                .noneMatch(
                        argument -> argument.contains("tpm") || argument.contains("cfi.pflash01"));
    }

    @Test
    void vbs_machine_has_an_iommu_before_its_other_devices() {
        List<String> line = QemuCommandLine.of(QEMU, trusted("EPYC-v3", true, false)).arguments();

        assertThat(
                        line.stream()
                                .filter(
                                        argument ->
                                                argument.startsWith("{\"driver\":\"intel")
                                                        || argument.contains("-pci\"")))
                .first()
                .isEqualTo("{\"driver\":\"intel-iommu\",\"intremap\":\"on\"}");
        assertThat(line).contains("EPYC-v3");
    }

    @Test
    void hardware_that_cannot_move_or_cannot_be_is_refused() {
        assertRefused(() -> trusted("max", false, false), "not a named model");
        assertRefused(() -> trusted("host", false, false), "not a named model");
        assertRefused(() -> trusted("Nehalem,enforce=off", false, false), "not a named model");
        assertRefused(() -> trusted("Nehalem", true, false), "SVM");
        assertRefused(
                () -> hardware(SecurityType.STANDARD, "EPYC-v3", true, false), "TRUSTED_LAUNCH");
        assertRefused(() -> new Disk("d0,id=x", Path.of("/d"), false), "node name");
        assertRefused(() -> new Disk("d0", Path.of("d"), false), "not absolute");
    }

    @Test
    void run_directory_that_could_begin_another_option_is_refused() {
        assertRefused(() -> new RunDirectory(Path.of("/run/a,server=off")), "letters");
        assertRefused(() -> new RunDirectory(Path.of("run/a")), "absolute");
        assertRefused(() -> new RunDirectory(Path.of("/run/../etc")), "absolute");
        assertRefused(() -> new RunDirectory(Path.of("/run/" + "a".repeat(100))), "too long");
    }

    private static void assertRefused(Runnable made, String why) {
        assertThatThrownBy(made::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(why);
    }

    private static MachineHardware trusted(String cpu, boolean vbs, boolean incoming) {
        return hardware(SecurityType.TRUSTED_LAUNCH, cpu, vbs, incoming);
    }

    private static MachineHardware hardware(
            SecurityType type, String cpu, boolean vbs, boolean incoming) {
        return new MachineHardware(
                VM,
                "pc-q35-7.2",
                Accelerator.TCG,
                cpu,
                2,
                768,
                List.of(
                        // A comma in a name is only a comma.
                        new Disk("d0", Path.of("/disks/a,format=qcow2"), false),
                        new Disk("seed", Path.of("/disks/seed"), true)),
                type,
                Path.of("/fw/code.fd"),
                Path.of("/state/vars.fd"),
                "52:54:00:12:34:56",
                vbs,
                RUN,
                incoming);
    }
}
