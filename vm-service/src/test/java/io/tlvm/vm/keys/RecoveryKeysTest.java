package io.tlvm.vm.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.crypto.tink.KeysetHandle;
import com.google.protobuf.ByteString;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tlvm.foundation.keyset.Hpke;
import io.tlvm.foundation.keyset.KeyContexts;
import io.tlvm.foundation.keyset.RecoveryKey;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.vm.keys.RecoveryKeys.Handed;
import io.tlvm.vm.world.World;

import jakarta.inject.Inject;

import org.junit.jupiter.api.Test;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.List;
import java.util.UUID;

/** Real Tink, real PostgreSQL. */
@QuarkusTest
@QuarkusTestResource(World.class)
class RecoveryKeysTest {
    private static final StateRef DIRECTORY = new StateRef("g3-0a1b2c3d");
    private static final StateRef OTHER_DIRECTORY = new StateRef("g4-0a1b2c3d");
    private static final NodeName TARGET = new NodeName("node-b");
    private static final Epoch EPOCH = new Epoch(7);

    private final VmUid vm = VmUid.of(UUID.randomUUID());
    private final OperationId op = new OperationId(UUID.randomUUID().toString());
    private final KeysetHandle node = Hpke.generate();
    private final byte[] stateKey = random();

    @Inject RecoveryKeys keys;
    @Inject WrapRecords records;

    @Test
    void the_key_of_a_lost_directory_reaches_the_node_that_recovers_it() throws Exception {
        keys.keep(vm, DIRECTORY, List.of(wrap(vm, DIRECTORY, stateKey)));

        assertThat(opened(handed(DIRECTORY), TARGET, EPOCH)).isEqualTo(stateKey);
    }

    @Test
    void what_is_handed_opens_for_no_other_node_attempt_or_directory() throws Exception {
        keys.keep(vm, DIRECTORY, List.of(wrap(vm, DIRECTORY, stateKey)));
        ByteString sealed = handed(DIRECTORY);
        KeysetHandle other = Hpke.generate();

        assertThatThrownBy(() -> opened(sealed, new NodeName("node-c"), EPOCH))
                .isInstanceOf(GeneralSecurityException.class);
        assertThatThrownBy(() -> opened(sealed, TARGET, new Epoch(8)))
                .isInstanceOf(GeneralSecurityException.class);
        assertThatThrownBy(
                        () ->
                                Hpke.open(
                                        node,
                                        sealed.toByteArray(),
                                        KeyContexts.recovered(
                                                vm.value(),
                                                OTHER_DIRECTORY.value(),
                                                TARGET.value(),
                                                op.value(),
                                                EPOCH.value())))
                .isInstanceOf(GeneralSecurityException.class);
        assertThatThrownBy(() -> Hpke.open(other, sealed.toByteArray(), purpose(TARGET, EPOCH)))
                .isInstanceOf(GeneralSecurityException.class);
    }

    @Test
    void a_wrap_that_was_swapped_between_machines_or_directories_opens_nothing() throws Exception {
        VmUid otherVm = VmUid.of(UUID.randomUUID());
        records.keep(vm, DIRECTORY, List.of(wrap(otherVm, DIRECTORY, stateKey)));
        records.keep(vm, OTHER_DIRECTORY, List.of(wrap(vm, DIRECTORY, stateKey)));

        for (StateRef directory : List.of(DIRECTORY, OTHER_DIRECTORY)) {
            assertThat(hand(directory))
                    .isInstanceOfSatisfying(
                            Handed.Unavailable.class,
                            closed ->
                                    assertThat(closed.why())
                                            .contains("does not open the wrap for recovery/"));
        }
    }

    @Test
    void a_flipped_bit_anywhere_in_a_wrap_opens_nothing() throws Exception {
        KeyWrap wrap = wrap(vm, DIRECTORY, stateKey);
        for (int at = 0; at < wrap.sealed().size(); at++) {
            StateRef directory = new StateRef("g%d-0a1b2c3d".formatted(100 + at));
            byte[] changed = wrap(vm, directory, stateKey).sealed().toByteArray();
            changed[at] ^= 1;
            records.keep(
                    vm,
                    directory,
                    List.of(new KeyWrap(wrap.recipient(), ByteString.copyFrom(changed))));

            assertThat(hand(directory)).as("byte %d", at).isInstanceOf(Handed.Unavailable.class);
        }
    }

    @Test
    void a_wrap_for_a_key_that_the_vault_has_not_is_named() throws Exception {
        records.keep(
                vm,
                DIRECTORY,
                List.of(new KeyWrap("recovery/another", wrap(vm, DIRECTORY, stateKey).sealed())));

        assertThat(hand(DIRECTORY))
                .isInstanceOfSatisfying(
                        Handed.Unavailable.class,
                        closed ->
                                assertThat(closed.why())
                                        .contains("recovery/another", keys.current().id()));
    }

    @Test
    void a_directory_without_a_wrap_says_so() {
        assertThat(hand(DIRECTORY))
                .isInstanceOfSatisfying(
                        Handed.Unavailable.class,
                        none -> assertThat(none.why()).contains("no wrap of its key is known"));
    }

    @Test
    void the_first_wrap_of_a_directory_stays() throws Exception {
        KeyWrap first = wrap(vm, DIRECTORY, stateKey);
        keys.keep(vm, DIRECTORY, List.of(first));
        keys.keep(vm, DIRECTORY, List.of(wrap(vm, DIRECTORY, random())));

        assertThat(records.find(vm, DIRECTORY)).containsExactly(first);
    }

    @Test
    void the_nodes_own_wraps_are_not_kept() throws Exception {
        keys.keep(
                vm,
                DIRECTORY,
                List.of(new KeyWrap("node/node-a", wrap(vm, DIRECTORY, stateKey).sealed())));

        assertThat(records.find(vm, DIRECTORY)).isEmpty();
    }

    @Test
    void a_destroyed_directory_takes_its_wraps_along_and_a_purge_takes_all() throws Exception {
        StateRef third = new StateRef("g5-0a1b2c3d");
        for (StateRef directory : List.of(DIRECTORY, OTHER_DIRECTORY, third)) {
            keys.keep(vm, directory, List.of(wrap(vm, directory, stateKey)));
        }

        keys.forget(vm, DIRECTORY);
        assertThat(records.find(vm, DIRECTORY)).isEmpty();
        assertThat(records.find(vm, OTHER_DIRECTORY)).hasSize(1);

        keys.forget(vm);
        assertThat(records.find(vm, OTHER_DIRECTORY)).isEmpty();
        assertThat(records.find(vm, third)).isEmpty();
    }

    @Test
    void a_vault_with_another_key_than_the_wraps_are_for_is_refused() {
        KeyVault other =
                new KeyVault() {
                    @Override
                    public RecoveryKey current() {
                        return new RecoveryKey(
                                "0000000000000000", ByteString.copyFrom(new byte[32]));
                    }

                    @Override
                    public byte[] unwrap(
                            KeyWrap wrap, io.tlvm.foundation.keyset.ContextInfo purpose) {
                        throw new AssertionError("nothing is opened");
                    }
                };

        assertThatThrownBy(() -> new RecoveryKeys(registered -> other, records).open())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(keys.current().id())
                .hasMessageContaining("0000000000000000");
    }

    private Handed hand(StateRef directory) {
        try {
            return keys.hand(
                    vm, directory, TARGET, ByteString.copyFrom(Hpke.publicKey(node)), op, EPOCH);
        } catch (GeneralSecurityException broken) {
            throw new AssertionError(broken);
        }
    }

    private ByteString handed(StateRef directory) {
        if (hand(directory) instanceof Handed.Sealed(ByteString key)) {
            return key;
        }
        throw new AssertionError("not handed");
    }

    private byte[] opened(ByteString sealed, NodeName target, Epoch epoch)
            throws GeneralSecurityException {
        return Hpke.open(node, sealed.toByteArray(), purpose(target, epoch));
    }

    private io.tlvm.foundation.keyset.ContextInfo purpose(NodeName target, Epoch epoch) {
        return KeyContexts.recovered(
                vm.value(), DIRECTORY.value(), target.value(), op.value(), epoch.value());
    }

    /** As an agent wraps. */
    private KeyWrap wrap(VmUid of, StateRef directory, byte[] key) throws GeneralSecurityException {
        RecoveryKey recovery = keys.current();
        return new KeyWrap(
                recovery.recipient(),
                ByteString.copyFrom(
                        Hpke.seal(
                                recovery.publicKey().toByteArray(),
                                key,
                                KeyContexts.wrap(
                                        of.value(), directory.value(), recovery.recipient()))));
    }

    private static byte[] random() {
        byte[] key = new byte[KeyContexts.STATE_KEY_LENGTH];
        new SecureRandom().nextBytes(key);
        return key;
    }
}
