package io.tlvm.agent.cluster;

import io.tlvm.node.v1.GetStandingRequest;
import io.tlvm.node.v1.GetStandingResponse;
import io.tlvm.node.v1.JoinRequest;
import io.tlvm.node.v1.JoinResponse;
import io.tlvm.node.v1.OwnershipView;
import io.tlvm.node.v1.RenewRequest;
import io.tlvm.node.v1.RenewResponse;
import io.tlvm.node.v1.ReportStateKeysRequest;
import io.tlvm.ownership.id.VmUid;

/** The way to vm-service. */
public interface ClusterLink {
    /**
     * What the cluster decided about this node; asked before it joins.
     *
     * @throws ClusterSaysNo when it is refused, or vm-service is not reached
     */
    GetStandingResponse standing(GetStandingRequest request) throws ClusterSaysNo;

    /**
     * Asks to be admitted.
     *
     * @throws ClusterSaysNo when it is refused, or vm-service is not reached
     */
    JoinResponse join(JoinRequest request) throws ClusterSaysNo;

    /**
     * Tells facts, hears rows.
     *
     * @throws ClusterSaysNo when it is refused, or vm-service is not reached
     */
    RenewResponse renew(RenewRequest request) throws ClusterSaysNo;

    /**
     * What the row of a machine says now.
     *
     * @throws ClusterSaysNo when there is no such row, or vm-service is not reached
     */
    OwnershipView row(VmUid vm) throws ClusterSaysNo;

    /**
     * Hands over wrapped state keys.
     *
     * @throws ClusterSaysNo when it is refused, or vm-service is not reached
     */
    void reportStateKeys(ReportStateKeysRequest request) throws ClusterSaysNo;

    /** No answer, or a refusal. */
    final class ClusterSaysNo extends Exception {
        private static final long serialVersionUID = 1L;
        private final boolean silent;

        /**
         * @param silent vm-service was not reached, or is not ready: nothing was decided about this
         *     node
         */
        public ClusterSaysNo(String why, boolean silent) {
            super(why);
            this.silent = silent;
        }

        /** Whether nothing was decided. */
        public boolean isSilent() {
            return silent;
        }
    }
}
