package io.tlvm.agent.cluster;

import com.google.protobuf.ByteString;

import io.tlvm.agent.cluster.ClusterLink.ClusterSaysNo;
import io.tlvm.agent.keys.KeyRing;
import io.tlvm.agent.keys.KeyWrap;
import io.tlvm.agent.machine.MachineDriver;
import io.tlvm.agent.machine.MachineRefused;
import io.tlvm.agent.machine.Machines;
import io.tlvm.foundation.keyset.RecoveryKey;
import io.tlvm.node.v1.DirectoryKey;
import io.tlvm.node.v1.ReportStateKeysRequest;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;

import org.jboss.logging.Logger;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Sees that vm-service has the recovery wraps of every directory on this node: also of those that
 * were made before the node knew the recovery key, or under an older one. Used by the membership's
 * thread.
 */
public final class KeyReports {
    private static final Logger LOG = Logger.getLogger(KeyReports.class);

    /** As many as one call takes, at most some directories per machine. */
    private static final int PAGE = 1_000;

    private final NodeName node;
    private final ClusterLink link;
    private final Machines machines;
    private final KeyRing ring;
    private final Set<VmUid> reported = new HashSet<>();

    KeyReports(NodeName node, ClusterLink link, Machines machines, KeyRing ring) {
        this.node = node;
        this.link = link;
        this.machines = machines;
        this.ring = ring;
    }

    /** Takes the cluster's recovery key as Join or Renew told it; an empty one says nothing. */
    void learn(String id, ByteString publicKey) {
        if (id.isEmpty()) {
            return;
        }
        RecoveryKey told = new RecoveryKey(id, publicKey);
        if (!ring.recovery().filter(told::equals).isPresent()) {
            ring.learn(told);
            reported.clear();
            LOG.infof("node=%s state keys are wrapped for recovery key %s", node, id);
        }
    }

    /**
     * Reports what was not yet. A machine that is busy, or whose storage path is away, is left for
     * the next time.
     *
     * @throws ClusterSaysNo when vm-service does not take it; repeated the next time
     */
    void send() throws ClusterSaysNo, InterruptedException {
        if (ring.recovery().isEmpty()) {
            return;
        }
        List<DirectoryKey> keys = new ArrayList<>();
        List<VmUid> covered = new ArrayList<>();
        for (MachineDriver driver : machines.all()) {
            if (!reported.contains(driver.vm())) {
                try {
                    driver.recoveryWraps()
                            .forEach((ref, wraps) -> keys.add(key(driver.vm(), ref, wraps)));
                    covered.add(driver.vm());
                } catch (MachineRefused later) {
                    LOG.debugf("vm=%s its keys are reported later: %s", driver.vm(), later);
                }
            }
        }
        for (int from = 0; from < keys.size(); from += PAGE) {
            link.reportStateKeys(
                    ReportStateKeysRequest.newBuilder()
                            .setNode(node.value())
                            .addAllKeys(keys.subList(from, Math.min(keys.size(), from + PAGE)))
                            .build());
        }
        reported.addAll(covered);
    }

    private static DirectoryKey key(VmUid vm, StateRef ref, List<KeyWrap> wraps) {
        return DirectoryKey.newBuilder()
                .setVmUid(vm.value())
                .setStateRef(ref.value())
                .addAllWraps(wraps.stream().map(KeyReports::proto).toList())
                .build();
    }

    /** A wrap as the contract has it. */
    public static io.tlvm.node.v1.KeyWrap proto(KeyWrap wrap) {
        return io.tlvm.node.v1.KeyWrap.newBuilder()
                .setRecipient(wrap.recipient().value())
                .setSealed(wrap.sealed())
                .build();
    }
}
