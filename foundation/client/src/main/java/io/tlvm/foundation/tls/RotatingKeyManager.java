package io.tlvm.foundation.tls;

import org.jspecify.annotations.Nullable;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Arrays;

import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;

/**
 * Presents the newest of a line of certificates. A handshake asks for alias, chain and key in
 * separate calls; the alias names the generation, so that a rotation in between cannot mix a chain
 * with the key of another.
 */
final class RotatingKeyManager extends X509ExtendedKeyManager {

    private record Generations(Credentials newest, Credentials before) {
        @Nullable Credentials named(@Nullable String alias) {
            if (newest.filesDigest().equals(alias)) {
                return newest;
            }
            return before.filesDigest().equals(alias) ? before : null;
        }
    }

    private volatile Generations generations;

    RotatingKeyManager(Credentials first) {
        this.generations = new Generations(first, first);
    }

    void use(Credentials next) {
        generations = new Generations(next, generations.newest());
    }

    /**
     * There is one certificate, so the issuers the peer names are no choice; the peer judges what
     * it gets.
     */
    private @Nullable String alias(String... keyTypes) {
        Credentials newest = generations.newest();
        String own = newest.chain().getFirst().getPublicKey().getAlgorithm();
        return Arrays.asList(keyTypes).contains(own) ? newest.filesDigest() : null;
    }

    @Override
    public @Nullable String chooseEngineClientAlias(
            String[] keyTypes, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
        return alias(keyTypes);
    }

    @Override
    public @Nullable String chooseEngineServerAlias(
            String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
        return alias(keyType);
    }

    @Override
    public @Nullable String chooseClientAlias(
            String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return alias(keyTypes);
    }

    @Override
    public @Nullable String chooseServerAlias(
            String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return alias(keyType);
    }

    @Override
    public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
        String alias = alias(keyType);
        return alias == null ? null : new String[] {alias};
    }

    @Override
    public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
        return getClientAliases(keyType, issuers);
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(@Nullable String alias) {
        Credentials named = generations.named(alias);
        return named == null ? null : named.chain().toArray(X509Certificate[]::new);
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(@Nullable String alias) {
        Credentials named = generations.named(alias);
        return named == null ? null : named.key();
    }
}
