package io.tlvm.vm.world;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.tlvm.foundation.tls.PkiDirectory;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** A gRPC server with a certificate that asks for one. */
final class TlsServer implements AutoCloseable {
    private final Server server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    TlsServer(PkiDirectory pki, int port, BindableService service) throws IOException {
        var tls =
                GrpcSslContexts.configure(
                                SslContextBuilder.forServer(pki.keyManager())
                                        .trustManager(pki.trustManager())
                                        .clientAuth(ClientAuth.REQUIRE)
                                        .protocols("TLSv1.3"),
                                SslProvider.JDK)
                        .build();
        server =
                NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", port))
                        .sslContext(tls)
                        .permitKeepAliveTime(1, TimeUnit.SECONDS)
                        .executor(threads)
                        .addService(service)
                        .build()
                        .start();
    }

    int port() {
        return server.getPort();
    }

    @Override
    public void close() {
        server.shutdownNow();
        threads.shutdownNow();
        try {
            server.awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        }
    }
}
