package io.tlvm.foundation.tls;

import java.io.IOException;
import java.net.ServerSocket;

/** Ports for servers that tell their own only when they listen. */
public final class FreePort {
    private FreePort() {}

    /** A port of this host that nobody listened on a moment ago. */
    public static int find() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
