package io.tlvm.agent.cluster;

import io.tlvm.agent.cluster.ClusterLink.ClusterSaysNo;
import io.tlvm.agent.machine.MachineRefusal;
import io.tlvm.agent.machine.MachineRefused;
import io.tlvm.agent.migration.PlanRejected;
import io.tlvm.agent.migration.Plans;
import io.tlvm.agent.migration.VerifiedPlan;
import io.tlvm.node.v1.OwnershipView;
import io.tlvm.node.v1.SignedMigrationPlan;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.VmUid;

/**
 * Checks the plan of a command: genuine, for this node, of this operation, and what the row says
 * now. A genuine plan may be of an attempt that was aborted since.
 */
public final class PlanCheck {
    private final NodeName node;
    private final Plans plans;
    private final ClusterLink link;

    /**
     * @param node this node
     */
    public PlanCheck(NodeName node, Plans plans, ClusterLink link) {
        this.node = node;
        this.plans = plans;
        this.link = link;
    }

    /**
     * The plan of a target's command.
     *
     * @throws MachineRefused unless this node is the target of the plan
     */
    public VerifiedPlan asTarget(VmUid vm, OperationId op, SignedMigrationPlan signed) {
        VerifiedPlan plan = verify(vm, op, signed);
        if (!plan.target().equals(node)) {
            throw refused(vm, "its target is %s, this is %s".formatted(plan.target(), node));
        }
        requireCurrent(plan);
        return plan;
    }

    /**
     * The plan of a source's command.
     *
     * @throws MachineRefused unless this node is the source of the plan, which names the target's
     *     key and directory
     */
    public VerifiedPlan asSource(VmUid vm, OperationId op, SignedMigrationPlan signed) {
        VerifiedPlan plan = verify(vm, op, signed);
        if (!plan.source().equals(node)) {
            throw refused(vm, "its source is %s, this is %s".formatted(plan.source(), node));
        }
        if (plan.targetDirectory().isEmpty()) {
            throw refused(vm, "it does not name the target's key and directory");
        }
        requireCurrent(plan);
        return plan;
    }

    private VerifiedPlan verify(VmUid vm, OperationId op, SignedMigrationPlan signed) {
        try {
            VerifiedPlan plan = plans.verify(signed);
            if (!plan.vm().equals(vm) || !plan.op().equals(op)) {
                throw refused(
                        vm, "it is of machine %s, operation %s".formatted(plan.vm(), plan.op()));
            }
            return plan;
        } catch (PlanRejected rejected) {
            throw refused(vm, String.valueOf(rejected.getMessage()));
        }
    }

    private void requireCurrent(VerifiedPlan plan) {
        OwnershipView row;
        try {
            row = link.row(plan.vm());
        } catch (ClusterSaysNo no) {
            throw new MachineRefusal.RowUnknown(String.valueOf(no.getMessage())).of(plan.vm());
        }
        boolean same =
                row.getPhase().equals("MIGRATING")
                        && row.getOpId().equals(plan.op().value())
                        && row.getAttemptEpoch() == plan.attemptEpoch().value()
                        && row.getEpoch() == plan.sourceEpoch().value()
                        && row.getOwner().equals(plan.source().value())
                        && row.getTarget().equals(plan.target().value());
        if (!same) {
            throw new MachineRefusal.RowDiffers(
                            "the row is %s, operation %s, epoch %d, target %s"
                                    .formatted(
                                            row.getPhase(),
                                            row.getOpId(),
                                            row.getEpoch(),
                                            row.getTarget()))
                    .of(plan.vm());
        }
    }

    private static MachineRefused refused(VmUid vm, String why) {
        return new MachineRefusal.PlanRefused(why).of(vm);
    }
}
