package io.tlvm.vm.keys;

import com.google.protobuf.ByteString;

import io.tlvm.foundation.keyset.Hpke;
import io.tlvm.foundation.keyset.KeyContexts;
import io.tlvm.foundation.keyset.RecoveryKey;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;

import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Keeps the wrapped state key of every directory, and hands one to the node that recovers a VM:
 * opened by the vault and sealed at once to that node, for that attempt. An open key exists here
 * only in between.
 */
public final class RecoveryKeys {
    private static final Logger LOG = Logger.getLogger(RecoveryKeys.class);

    private final Opening opening;
    private final WrapRecords records;
    private @Nullable KeyVault opened;

    /** Opens the vault. */
    public interface Opening {
        /**
         * @param registered the key that the wraps of this cluster are for; empty at the first
         *     start
         * @throws IllegalStateException when the vault cannot be used, or has lost that key
         */
        KeyVault open(Optional<RecoveryKey> registered);
    }

    /** Keys whose vault is opened at the start of this service, see {@link #open}. */
    public RecoveryKeys(Opening opening, WrapRecords records) {
        this.opening = opening;
        this.records = records;
    }

    /**
     * Opens the vault and sees that it is the one that the cluster's wraps are for.
     *
     * @throws IllegalStateException when it is not: this service could recover nothing
     */
    public void open() {
        KeyVault unused = vault();
    }

    private synchronized KeyVault vault() {
        KeyVault known = opened;
        if (known != null) {
            return known;
        }
        KeyVault vault = opening.open(records.registered());
        RecoveryKey counts = records.register(vault.current());
        if (!counts.equals(vault.current())) {
            throw new IllegalStateException(
                    "the wraps of this cluster are for recovery key %s, but the key vault has %s: give this service the vault of the others, or restore it"
                            .formatted(counts.id(), vault.current().id()));
        }
        opened = vault;
        return vault;
    }

    /** What nodes wrap for. */
    public RecoveryKey current() {
        return vault().current();
    }

    /** Keeps the wraps of a directory for recovery keys; a node's own are its own affair. */
    public void keep(VmUid vm, StateRef directory, List<KeyWrap> wraps) {
        List<KeyWrap> recovery =
                wraps.stream().filter(wrap -> KeyContexts.isForRecovery(wrap.recipient())).toList();
        if (!recovery.isEmpty()) {
            records.keep(vm, directory, recovery);
        }
    }

    /** What came of asking for a state key. */
    public sealed interface Handed {
        /**
         * Sealed to the node, for the attempt.
         *
         * @param key 80 bytes
         */
        record Sealed(ByteString key) implements Handed {}

        /** There is none to be had: the VM cannot be recovered from that directory now. */
        record Unavailable(String why) implements Handed {}
    }

    /**
     * Hands the key of a lost node's directory to the node that stores it again.
     *
     * @param directory that the row names as the VM's state
     * @param target the node that recovers the VM
     * @param targetKey that node's public key, 32 bytes, as it told with Join
     * @param op the recovery
     * @param epoch of the attempt
     */
    public Handed hand(
            VmUid vm,
            StateRef directory,
            NodeName target,
            ByteString targetKey,
            OperationId op,
            Epoch epoch) {
        List<KeyWrap> wraps = records.find(vm, directory);
        if (wraps.isEmpty()) {
            return unavailable(
                    vm,
                    directory,
                    "no wrap of its key is known: it was made before its node knew the recovery"
                            + " key");
        }
        String why = "";
        for (KeyWrap wrap : wraps) {
            byte[] key;
            try {
                key =
                        vault().unwrap(
                                        wrap,
                                        KeyContexts.wrap(
                                                vm.value(), directory.value(), wrap.recipient()));
            } catch (GeneralSecurityException closed) {
                why =
                        "the key vault does not open the wrap for %s: %s"
                                .formatted(wrap.recipient(), closed.getMessage());
                continue;
            }
            return seal(key, vm, directory, target, targetKey, op, epoch);
        }
        return unavailable(vm, directory, why);
    }

    private static Handed seal(
            byte[] key,
            VmUid vm,
            StateRef directory,
            NodeName target,
            ByteString targetKey,
            OperationId op,
            Epoch epoch) {
        try {
            byte[] sealed =
                    Hpke.seal(
                            targetKey.toByteArray(),
                            key,
                            KeyContexts.recovered(
                                    vm.value(),
                                    directory.value(),
                                    target.value(),
                                    op.value(),
                                    epoch.value()));
            LOG.infof(
                    "vm=%s op=%s epoch=%s key of directory %s handed to node=%s",
                    vm, op, epoch, directory, target);
            return new Handed.Sealed(ByteString.copyFrom(sealed));
        } catch (GeneralSecurityException unusable) {
            return unavailable(
                    vm,
                    directory,
                    "the public key of node %s is not usable: %s"
                            .formatted(target, unusable.getMessage()));
        } finally {
            Arrays.fill(key, (byte) 0);
        }
    }

    private static Handed unavailable(VmUid vm, StateRef directory, String why) {
        LOG.errorf("vm=%s the key of directory %s cannot be had: %s", vm, directory, why);
        return new Handed.Unavailable(why);
    }

    /** Destroys the wraps of a directory that is destroyed. */
    public void forget(VmUid vm, StateRef directory) {
        records.forget(vm, directory);
    }

    /** Destroys every wrap of a purged VM. */
    public void forget(VmUid vm) {
        records.forget(vm);
    }
}
