package io.tlvm.agent.transfer;

import io.tlvm.agent.machine.MachineRefusal;
import io.tlvm.agent.machine.MachineRefused;
import io.tlvm.agent.machine.Machines;
import io.tlvm.agent.migration.Incoming;
import io.tlvm.agent.migration.PlanRejected;
import io.tlvm.agent.migration.Plans;
import io.tlvm.agent.migration.VerifiedPlan;
import io.tlvm.node.v1.SignedMigrationPlan;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.journal.Verdict.Reason;

import java.util.Optional;

/**
 * Whether a stream may be opened here: a genuine plan, shown by the node that it names as source,
 * for the attempt that this node prepared and still holds.
 */
public final class TransferAdmission {
    private static final VmUid NO_VM = new VmUid("00000000-0000-0000-0000-000000000000");

    private final NodeName node;
    private final Plans plans;
    private final Machines machines;

    /**
     * @param node this node
     */
    public TransferAdmission(NodeName node, Plans plans, Machines machines) {
        this.node = node;
        this.plans = plans;
        this.machines = machines;
    }

    /**
     * The attempt that a plan opens.
     *
     * @param caller the node that shows it, as its certificate says
     * @throws MachineRefused unless everything fits
     */
    Incoming admit(SignedMigrationPlan shown, String caller) {
        VerifiedPlan plan;
        try {
            plan = plans.verify(shown);
        } catch (PlanRejected rejected) {
            throw new MachineRefusal.PlanRefused(String.valueOf(rejected.getMessage())).of(NO_VM);
        }
        if (!plan.target().equals(node)) {
            throw new MachineRefusal.PlanRefused(
                            "its target is " + plan.target() + ", this is " + node)
                    .of(plan.vm());
        }
        if (!plan.source().value().equals(caller)) {
            throw new MachineRefusal.PlanRefused(
                            "its source is " + plan.source() + ", the caller is " + caller)
                    .of(plan.vm());
        }
        Incoming attempt =
                machines.find(plan.vm())
                        .flatMap(driver -> driver.incoming(plan.op(), plan.attemptEpoch()))
                        .filter(Incoming::isAlive)
                        .orElseThrow(
                                () ->
                                        new MachineRefusal.Protocol(
                                                        new Reason.AttemptOver(plan.op()))
                                                .of(plan.vm()));
        boolean sameDirectory =
                plan.targetDirectory().equals(Optional.of(attempt.guestState().directory().ref()));
        if (!plan.isSameAttempt(attempt.plan()) || !sameDirectory) {
            throw new MachineRefusal.PlanRefused("it is not the plan that was prepared here")
                    .of(plan.vm());
        }
        return attempt;
    }
}
