package io.tlvm.agent.hypervisor.qemu;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A machine as QEMU's argument list; {@code arguments} begins with the program.
 *
 * <p>Whatever could hold a comma is a JSON value: in {@code key=value} strings a comma in a file
 * name begins the next option. The chardev options know no JSON; their paths are checked by {@link
 * RunDirectory}.
 *
 * <p>Every machine starts with {@code -S}: nothing runs before somebody who may decide it says
 * {@code cont}.
 */
public record QemuCommandLine(List<String> arguments) {
    public QemuCommandLine {
        arguments = List.copyOf(arguments);
    }

    public static QemuCommandLine of(Path qemu, MachineHardware machine) {
        return new QemuCommandLine(new Builder(qemu, machine.runDirectory()).build(machine));
    }

    /**
     * The least of a machine, to find out what QEMU starts here: board, processor, monitors;
     * nothing that could run.
     */
    public static QemuCommandLine trial(
            Path qemu,
            String machineType,
            Accelerator accelerator,
            String cpuModel,
            boolean vbs,
            RunDirectory run) {
        return new QemuCommandLine(
                new Builder(qemu, run).buildTrial(machineType, accelerator, cpuModel, vbs));
    }

    private static final class Builder {
        private final List<String> line = new ArrayList<>();
        private final RunDirectory run;

        Builder(Path qemu, RunDirectory run) {
            this.run = run;
            line.add(qemu.toString());
        }

        List<String> build(MachineHardware machine) {
            boolean secure = machine.securityType() == SecurityType.TRUSTED_LAUNCH;
            process("guest=" + machine.vm() + ",debug-threads=on");
            add("-uuid", machine.vm().toString());
            board(
                    machine.machineType() + ",pflash0=fw-code,pflash1=fw-vars",
                    secure,
                    machine.vbs(),
                    machine.accelerator());
            processor(
                    machine.accelerator(),
                    machine.cpuModel(),
                    machine.vcpus(),
                    machine.memoryMib());
            if (machine.vbs()) {
                iommu();
            }
            firmware(machine, secure);
            int bootIndex = 1;
            for (Disk disk : machine.disks()) {
                disk(disk, bootIndex++);
            }
            network(machine.mac());
            console();
            if (secure) {
                tpm();
            }
            monitors();
            if (machine.incoming()) {
                add("-incoming", "defer");
            }
            return line;
        }

        List<String> buildTrial(
                String machineType, Accelerator accelerator, String cpuModel, boolean vbs) {
            process("guest=trial,debug-threads=on");
            board(machineType, true, vbs, accelerator);
            processor(accelerator, cpuModel, 1, 64);
            if (vbs) {
                iommu();
            }
            monitors();
            return line;
        }

        private void process(String name) {
            // debug-threads: the vCPU threads are recognisable in /proc.
            add("-name", name);
            add("-nodefaults", "-no-user-config", "-display", "none");
            add("-msg", "timestamp=on,guest-name=off");
            add(
                    "-sandbox",
                    "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
        }

        private void board(String machine, boolean smm, boolean vbs, Accelerator accelerator) {
            // Interrupt remapping under KVM needs the IOAPIC in user space.
            String irqchip = vbs && accelerator == Accelerator.KVM ? ",kernel-irqchip=split" : "";
            add("-machine", machine + ",smm=" + (smm ? "on" : "off") + ",vmport=off" + irqchip);
        }

        private void processor(Accelerator accelerator, String model, int vcpus, int memoryMib) {
            // The default translation cache takes a fifth of a gigabyte more and makes small guests
            // no faster.
            add("-accel", accelerator == Accelerator.KVM ? "kvm" : "tcg,tb-size=64");
            add("-cpu", model);
            add("-smp", "cpus=" + vcpus);
            add("-m", "size=" + memoryMib + "M");
        }

        private void iommu() {
            // Before every other PCI device: those made earlier are not behind it (QEMU wiki,
            // Features/VT-d).
            device(json().put("driver", "intel-iommu").put("intremap", "on"));
        }

        private void firmware(MachineHardware machine, boolean secure) {
            if (secure) {
                // Only code in SMM may write the variables; S3 resume would leave SMM unlocked
                // (OVMF README).
                add("-global", "driver=cfi.pflash01,property=secure,value=on");
                add("-global", "ICH9-LPC.disable_s3=1");
            }
            blockdev("fw-code", machine.firmwareCode(), true, false);
            // A target opens its variables again when it may write them: the agent renames a newer
            // file into place
            // while QEMU waits, and without auto-read-only QEMU would go on with the one that was
            // replaced.
            blockdev("fw-vars", machine.firmwareVars(), false, true);
        }

        private void disk(Disk disk, int bootIndex) {
            blockdev(disk.node(), disk.file(), disk.readOnly(), false);
            device(
                    json().put("driver", "virtio-blk-pci")
                            .put("id", "disk-" + disk.node())
                            .put("drive", disk.node())
                            .put("bootindex", bootIndex));
        }

        private void network(String mac) {
            add("-netdev", "user,id=net0");
            device(
                    json().put("driver", "virtio-net-pci")
                            .put("id", "nic0")
                            .put("netdev", "net0")
                            .put("mac", mac));
            object(
                    json().put("qom-type", "rng-random")
                            .put("id", "rng0")
                            .put("filename", "/dev/urandom"));
            device(json().put("driver", "virtio-rng-pci").put("id", "rngdev0").put("rng", "rng0"));
        }

        private void console() {
            add(
                    "-chardev",
                    listening("serial0", run.serialSocket())
                            + ",logfile="
                            + run.serialLog()
                            + ",logappend=on",
                    "-serial",
                    "chardev:serial0");
            device(json().put("driver", "virtio-serial-pci").put("id", "ports"));
            port("ctl", run.controlSocket(), 1);
            port("tick", run.tickSocket(), 2);
        }

        private void port(String name, Path socket, int number) {
            add("-chardev", listening(name, socket));
            device(
                    json().put("driver", "virtserialport")
                            .put("id", "port-" + name)
                            .put("bus", "ports.0")
                            .put("nr", number)
                            .put("chardev", name)
                            .put("name", "tlvm." + name));
        }

        private void tpm() {
            add("-chardev", "socket,id=tpmctl,path=" + run.swtpmSocket());
            add("-tpmdev", "emulator,id=tpm0,chardev=tpmctl");
            device(json().put("driver", "tpm-crb").put("id", "tpmdev0").put("tpmdev", "tpm0"));
        }

        private void monitors() {
            monitor("qmp0", run.qmpSocket());
            monitor("qmp1", run.observerSocket());
            add("-S");
        }

        private void monitor(String id, Path socket) {
            add("-chardev", listening(id, socket), "-mon", "chardev=" + id + ",mode=control");
        }

        /** The format is always named, on both layers: a probed one is the guest's choice. */
        private void blockdev(String node, Path file, boolean readOnly, boolean openLate) {
            ObjectNode raw =
                    json().put("driver", "raw").put("node-name", node).put("read-only", readOnly);
            ObjectNode protocol =
                    raw.putObject("file")
                            .put("driver", "file")
                            .put("node-name", node + "-file")
                            .put("filename", file.toString())
                            .put("read-only", readOnly);
            if (openLate) {
                raw.put("auto-read-only", true);
                protocol.put("auto-read-only", true);
            }
            add("-blockdev", raw.toString());
        }

        private void device(ObjectNode device) {
            add("-device", device.toString());
        }

        private void object(ObjectNode object) {
            add("-object", object.toString());
        }

        private void add(String... words) {
            line.addAll(List.of(words));
        }

        private static String listening(String id, Path socket) {
            return "socket,id=" + id + ",path=" + socket + ",server=on,wait=off";
        }

        private static ObjectNode json() {
            return JsonNodeFactory.instance.objectNode();
        }
    }
}
