package io.tlvm.vm.keys;

import io.tlvm.foundation.keyset.RecoveryKey;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;

import java.util.List;
import java.util.Optional;

/** Where wraps live. Every method is one transaction. */
public interface WrapRecords {
    /** The recovery key that the wraps of this cluster are for; empty before the first start. */
    Optional<RecoveryKey> registered();

    /** Registers the key unless there is one; answers the one that counts. */
    RecoveryKey register(RecoveryKey key);

    /** Keeps wraps. One that is there stays: a directory's key never changes. */
    void keep(VmUid vm, StateRef directory, List<KeyWrap> wraps);

    /** The wraps of a directory, the newest first. */
    List<KeyWrap> find(VmUid vm, StateRef directory);

    /** Destroys the wraps of a directory. */
    void forget(VmUid vm, StateRef directory);

    /** Destroys every wrap of a VM. */
    void forget(VmUid vm);
}
