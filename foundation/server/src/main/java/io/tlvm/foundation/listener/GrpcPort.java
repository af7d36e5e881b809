package io.tlvm.foundation.listener;

import io.quarkus.runtime.LaunchMode;

import jakarta.inject.Singleton;

import org.eclipse.microprofile.config.inject.ConfigProperty;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/**
 * The own gRPC port, seen from outside. A server that failed to bind leaves the application running
 * without it.
 */
@Singleton
class GrpcPort {

    private static final int CONNECT_MILLIS_MAX = 1_000;

    private final String host;
    private final int port;

    GrpcPort(
            @ConfigProperty(name = "quarkus.grpc.server.host", defaultValue = "0.0.0.0")
                    String host,
            @ConfigProperty(name = "quarkus.grpc.server.port", defaultValue = "9000") int port,
            @ConfigProperty(name = "quarkus.grpc.server.test-port", defaultValue = "9001")
                    int testPort) {
        this.host = host;
        this.port = LaunchMode.current() == LaunchMode.TEST ? testPort : port;
    }

    /**
     * Whether somebody accepts connections; true for port 0, whose number is known to nobody here.
     */
    boolean open() {
        if (port == 0) {
            return true;
        }
        try (Socket socket = new Socket()) {
            InetAddress address = InetAddress.getByName(host);
            socket.connect(
                    new InetSocketAddress(
                            address.isAnyLocalAddress()
                                    ? InetAddress.getLoopbackAddress()
                                    : address,
                            port),
                    CONNECT_MILLIS_MAX);
            return true;
        } catch (IOException refused) {
            return false;
        }
    }

    @Override
    public String toString() {
        return host + ":" + port;
    }
}
