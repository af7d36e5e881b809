package io.tlvm.foundation.listener;

import io.quarkus.grpc.api.ServerBuilderCustomizer;
import io.quarkus.grpc.runtime.config.GrpcServerConfiguration;
import io.tlvm.foundation.config.TlvmConfig;
import io.tlvm.foundation.tls.PkiDirectory;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.TrustOptions;
import io.vertx.grpc.VertxServerBuilder;

import jakarta.inject.Singleton;

import java.util.concurrent.TimeUnit;

/**
 * Gives the separate gRPC server the identity of the {@link PkiDirectory}. Quarkus reads the
 * server's key files once at start and knows no reload; with {@code plain-text=false} and no files
 * named it leaves key and trust to this bean.
 */
@Singleton
class ServerTls implements ServerBuilderCustomizer<VertxServerBuilder> {

    private final PkiDirectory pki;
    private final TlvmConfig config;

    ServerTls(PkiDirectory pki, TlvmConfig config) {
        this.pki = pki;
        this.config = config;
    }

    @Override
    public void customize(GrpcServerConfiguration server, VertxServerBuilder builder) {
        builder.useSsl(
                options ->
                        options.setKeyCertOptions(KeyCertOptions.wrap(pki.keyManager()))
                                .setTrustOptions(TrustOptions.wrap(pki.trustManager())));
        builder.nettyBuilder()
                .maxConnectionAge(
                        config.grpc().connectionAgeMax().toMillis(), TimeUnit.MILLISECONDS)
                .maxConnectionAgeGrace(
                        config.grpc().connectionAgeGrace().toMillis(), TimeUnit.MILLISECONDS);
    }
}
