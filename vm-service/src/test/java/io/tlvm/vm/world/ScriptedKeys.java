package io.tlvm.vm.world;

import com.google.crypto.tink.KeysetHandle;
import com.google.protobuf.ByteString;

import io.tlvm.foundation.keyset.Hpke;
import io.tlvm.foundation.keyset.KeyContexts;
import io.tlvm.node.v1.Command;
import io.tlvm.node.v1.JoinResponse;
import io.tlvm.node.v1.KeyWrap;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The keys of one scripted node: real ones, so that what vm-service hands over can be opened. */
public final class ScriptedKeys {
    private final String node;
    private final KeysetHandle keyset = Hpke.generate();
    private final Map<String, byte[]> stateKeys = new ConcurrentHashMap<>();
    private volatile JoinResponse joined = JoinResponse.getDefaultInstance();

    ScriptedKeys(String node) {
        this.node = node;
    }

    void learn(JoinResponse answer) {
        joined = answer;
    }

    public ByteString publicKey() {
        try {
            return ByteString.copyFrom(Hpke.publicKey(keyset));
        } catch (GeneralSecurityException broken) {
            throw new AssertionError(broken);
        }
    }

    /** The key of a directory that this node made; made when it is asked for first. */
    public byte[] of(String vm, String stateRef) {
        return stateKeys
                .computeIfAbsent(
                        vm + "/" + stateRef,
                        name -> {
                            byte[] key = new byte[KeyContexts.STATE_KEY_LENGTH];
                            new SecureRandom().nextBytes(key);
                            return key;
                        })
                .clone();
    }

    /** Its wrap for the recovery key that vm-service told with Join. */
    public List<KeyWrap> wraps(String vm, String stateRef) {
        String recipient = KeyContexts.recoveryRecipient(joined.getRecoveryKeyId());
        try {
            return List.of(
                    KeyWrap.newBuilder()
                            .setRecipient(recipient)
                            .setSealed(
                                    ByteString.copyFrom(
                                            Hpke.seal(
                                                    joined.getRecoveryPublicKey().toByteArray(),
                                                    of(vm, stateRef),
                                                    KeyContexts.wrap(vm, stateRef, recipient))))
                            .build());
        } catch (GeneralSecurityException unusable) {
            throw new AssertionError(unusable);
        }
    }

    /**
     * Opens the key of a lost node's directory that came with a recovery.
     *
     * @throws GeneralSecurityException when it is not for this node, or not for this attempt
     */
    public byte[] open(ByteString sealed, Command attempt, String sourceDirectory)
            throws GeneralSecurityException {
        return Hpke.open(
                keyset,
                sealed.toByteArray(),
                KeyContexts.recovered(
                        attempt.getVmUid(),
                        sourceDirectory,
                        node,
                        attempt.getOpId(),
                        attempt.getEpoch()));
    }
}
