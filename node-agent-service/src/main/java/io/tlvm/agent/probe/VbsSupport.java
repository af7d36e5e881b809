package io.tlvm.agent.probe;

/**
 * Whether the hardware that virtualization-based security asks for can be offered. Not whether a
 * guest uses it.
 */
public sealed interface VbsSupport {
    /**
     * A paused machine with IOMMU, interrupt remapping and nested virtualization started.
     *
     * @param cpuModel the model it started with
     */
    record Possible(String cpuModel) implements VbsSupport {}

    record Impossible(String why) implements VbsSupport {}
}
