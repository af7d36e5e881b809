package io.tlvm.acceptance.fault;

/** Steps of the live migration at which something is killed; numbers as in docs/ownership.md. */
public enum Step {
    /** Step 4, memory is about to be copied: held in the source's agent. */
    TRANSFER("node-a", "agent.SEND"),
    /** Step 6, GO is committed and not yet told: held in vm-service. */
    GO("vm-service", "vm.SWITCH_OVER.before"),
    /** Step 9, the source has promised: held in its agent. */
    RELEASED("node-a", "agent.RELEASED"),
    /** Step 11, the target is about to claim: held in its agent. */
    ADOPT("node-b", "agent.ADOPT");

    private final String service;
    private final String gate;

    Step(String service, String gate) {
        this.service = service;
        this.gate = gate;
    }

    /** The service that stands at the gate. */
    public String service() {
        return service;
    }

    public String gateName() {
        return gate;
    }
}
