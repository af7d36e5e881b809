package io.tlvm.vm.machine;

/** Virtual processors and memory in MiB. */
public record Hardware(int vcpus, long memoryMib) {
    private static final int VCPUS_DEFAULT = 1;
    private static final long MEMORY_DEFAULT_MIB = 1_024;

    public Hardware {
        if (vcpus < 1 || memoryMib < 1) {
            throw new IllegalArgumentException(vcpus + " processors, " + memoryMib + " MiB");
        }
    }

    /** Zero means the default: 1 processor, 1024 MiB. */
    public static Hardware orDefault(int vcpus, long memoryMib) {
        return new Hardware(
                vcpus == 0 ? VCPUS_DEFAULT : vcpus,
                memoryMib == 0 ? MEMORY_DEFAULT_MIB : memoryMib);
    }
}
