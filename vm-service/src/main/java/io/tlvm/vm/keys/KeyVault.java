package io.tlvm.vm.keys;

import io.tlvm.foundation.keyset.ContextInfo;
import io.tlvm.foundation.keyset.RecoveryKey;

import java.security.GeneralSecurityException;

/**
 * Where the private half of the cluster's recovery key is. It opens wraps and never gives the key
 * itself away.
 */
public interface KeyVault {
    /** The key that new wraps are made for. */
    RecoveryKey current();

    /**
     * Opens a wrap.
     *
     * @param purpose what the wrap must be bound to
     * @return the state key, 32 bytes; the caller wipes it
     * @throws GeneralSecurityException when the vault has no such key, or the wrap was changed, or
     *     made for another machine, directory or key
     */
    byte[] unwrap(KeyWrap wrap, ContextInfo purpose) throws GeneralSecurityException;
}
