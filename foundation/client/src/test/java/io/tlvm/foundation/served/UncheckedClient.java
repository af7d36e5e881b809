package io.tlvm.foundation.served;

import io.grpc.ManagedChannel;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A client as somebody else wrote it: it presents whatever certificate it is given, or none, and
 * believes every server. What it is refused, the server refused.
 */
public final class UncheckedClient {
    private UncheckedClient() {}

    /**
     * @param identity directory with tls.crt and tls.key; empty for none
     */
    public static ManagedChannel to(int port, Optional<Path> identity) throws IOException {
        var tls =
                SslContextBuilder.forClient()
                        .protocols("TLSv1.3")
                        .trustManager(InsecureTrustManagerFactory.INSTANCE);
        identity.ifPresent(
                own ->
                        tls.keyManager(
                                own.resolve("tls.crt").toFile(), own.resolve("tls.key").toFile()));
        return NettyChannelBuilder.forAddress("127.0.0.1", port)
                .sslContext(GrpcSslContexts.configure(tls, SslProvider.JDK).build())
                .build();
    }
}
