package io.tlvm.foundation.tls;

import io.grpc.ManagedChannel;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.tlvm.foundation.identity.SpiffeId;

import java.time.Clock;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

import javax.net.ssl.SSLException;

/**
 * Opens channels to servers whose id is known: TLS 1.3 only, own certificate presented, exactly the
 * wanted id accepted. One channel for each pair of address and id lives until {@link #release} or
 * {@link #close}. Safe for many threads.
 */
public final class ChannelFactory implements AutoCloseable {

    private record Peer(HostPort address, SpiffeId id) {}

    private final PkiDirectory pki;
    private final ChannelSettings settings;
    private final Clock clock;
    private final ConcurrentHashMap<Peer, ManagedChannel> channels = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /** Channels of the identity in {@code pki}. The directory stays the caller's to close. */
    public ChannelFactory(PkiDirectory pki, ChannelSettings settings, Clock clock) {
        this.pki = pki;
        this.settings = settings;
        this.clock = clock;
    }

    /** Standard settings, system clock. */
    public ChannelFactory(PkiDirectory pki) {
        this(pki, ChannelSettings.standard(), Clock.systemUTC());
    }

    /**
     * The channel to the server at {@code address} that must be {@code wanted}. Connects with the
     * first call; another server fails that call with UNAVAILABLE and an SSLException as cause, see
     * {@code RefusalView}.
     *
     * @throws IllegalStateException after {@link #close}
     */
    public ManagedChannel channel(HostPort address, SpiffeId wanted) {
        return channels.computeIfAbsent(new Peer(address, wanted), this::open);
    }

    /** Closes the channel of a peer that is no longer needed, such as a node that left. */
    public void release(HostPort address, SpiffeId id) {
        ManagedChannel channel = channels.remove(new Peer(address, id));
        if (channel != null) {
            shut(List.of(channel));
        }
    }

    private ManagedChannel open(Peer peer) {
        if (closed) {
            throw new IllegalStateException("the channel factory is closed");
        }
        return NettyChannelBuilder.forAddress(peer.address().host(), peer.address().port())
                .sslContext(tls(peer.id()))
                .keepAliveTime(settings.keepAliveTime().toMillis(), TimeUnit.MILLISECONDS)
                .keepAliveTimeout(settings.keepAliveTimeout().toMillis(), TimeUnit.MILLISECONDS)
                .maxInboundMessageSize(settings.maxInboundMessageBytes())
                .intercept(new DefaultDeadline(settings.defaultDeadline()))
                .build();
    }

    private SslContext tls(SpiffeId wanted) {
        try {
            var builder =
                    SslContextBuilder.forClient()
                            .keyManager(pki.keyManager())
                            .trustManager(new SpiffeTrustManager(pki.trustManager(), wanted, clock))
                            .protocols("TLSv1.3");
            return GrpcSslContexts.configure(builder, SslProvider.JDK).build();
        } catch (SSLException unusable) {
            throw new IllegalStateException("this JDK cannot do TLS 1.3 with ALPN", unusable);
        }
    }

    /** Closes all channels; calls under way get {@link ChannelSettings#closeTimeout} to end. */
    @Override
    public void close() {
        closed = true;
        List<ManagedChannel> open = List.copyOf(channels.values());
        channels.clear();
        shut(open);
    }

    private void shut(List<ManagedChannel> open) {
        open.forEach(ManagedChannel::shutdown);
        long end = System.nanoTime() + settings.closeTimeout().toNanos();
        try {
            for (ManagedChannel channel : open) {
                if (!channel.awaitTermination(
                        Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS)) {
                    channel.shutdownNow();
                }
            }
        } catch (InterruptedException hurry) {
            open.forEach(ManagedChannel::shutdownNow);
            Thread.currentThread().interrupt();
        }
    }
}
