package io.tlvm.catalog.cluster;

import com.google.longrunning.Operation;
import com.google.longrunning.OperationsGrpc;
import com.google.longrunning.WaitOperationRequest;
import com.google.protobuf.Duration;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.tlvm.catalog.v1.ImageBlobServiceGrpc;
import io.tlvm.catalog.v1.ImageCatalogServiceGrpc;
import io.tlvm.catalog.v1.ImageStoreServiceGrpc;
import io.tlvm.foundation.identity.SpiffeId;
import io.tlvm.foundation.identity.TrustDomain;
import io.tlvm.foundation.tls.SpiffeTrustManager;

import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;

import org.eclipse.microprofile.config.inject.ConfigProperty;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/** Real clients over TLS, one channel per identity. */
@Singleton
public class Peers {
    private final Path pki;
    private final int port;
    private final Map<String, ManagedChannel> channels = new ConcurrentHashMap<>();

    Peers(
            @ConfigProperty(name = "test.directory") Path directory,
            @ConfigProperty(name = "test.port") int port) {
        this.pki = directory.resolve("pki");
        this.port = port;
    }

    /**
     * @param identity directory of the certificate, such as user/alice; empty for none
     */
    public Channel channel(String identity) {
        return channels.computeIfAbsent(identity, this::open);
    }

    public ImageCatalogServiceGrpc.ImageCatalogServiceBlockingStub catalog(String identity) {
        return ImageCatalogServiceGrpc.newBlockingStub(channel(identity));
    }

    public ImageStoreServiceGrpc.ImageStoreServiceBlockingStub store(String identity) {
        return ImageStoreServiceGrpc.newBlockingStub(channel(identity));
    }

    public ImageBlobServiceGrpc.ImageBlobServiceBlockingStub blobs(String identity) {
        return ImageBlobServiceGrpc.newBlockingStub(channel(identity));
    }

    public OperationsGrpc.OperationsBlockingStub operations(String identity) {
        return OperationsGrpc.newBlockingStub(channel(identity));
    }

    /** The operation when it is done. */
    public Operation done(String identity, Operation operation) {
        Operation now =
                operations(identity)
                        .waitOperation(
                                WaitOperationRequest.newBuilder()
                                        .setName(operation.getName())
                                        .setTimeout(Duration.newBuilder().setSeconds(25))
                                        .build());
        if (!now.getDone()) {
            throw new AssertionError("the operation is not done: " + now);
        }
        return now;
    }

    private ManagedChannel open(String identity) {
        try {
            var tls =
                    SslContextBuilder.forClient()
                            .protocols("TLSv1.3")
                            .trustManager(
                                    new SpiffeTrustManager(
                                            authority(),
                                            new SpiffeId.Service(
                                                    new TrustDomain(
                                                            CatalogEnvironment.TRUST_DOMAIN),
                                                    "image-catalog-service"),
                                            Clock.systemUTC()));
            if (!identity.isEmpty()) {
                Path own = pki.resolve(identity);
                tls.keyManager(own.resolve("tls.crt").toFile(), own.resolve("tls.key").toFile());
            }
            return NettyChannelBuilder.forAddress("127.0.0.1", port)
                    .sslContext(GrpcSslContexts.configure(tls, SslProvider.JDK).build())
                    .intercept(new BoundedCalls())
                    .build();
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private X509ExtendedTrustManager authority() throws IOException, GeneralSecurityException {
        var trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        try (var in =
                new FileInputStream(pki.resolve("svc/image-catalog-service/ca.crt").toFile())) {
            trusted.setCertificateEntry(
                    "ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        var factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(trusted);
        return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
    }

    @PreDestroy
    void close() {
        channels.values().forEach(ManagedChannel::shutdownNow);
    }

    /** No test hangs. */
    private static final class BoundedCalls implements ClientInterceptor {
        @Override
        public <Q, R> ClientCall<Q, R> interceptCall(
                MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
            return next.newCall(
                    method,
                    options.getDeadline() == null
                            ? options.withDeadlineAfter(40, TimeUnit.SECONDS)
                            : options);
        }
    }
}
