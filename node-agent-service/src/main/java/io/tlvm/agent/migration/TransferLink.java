package io.tlvm.agent.migration;

import io.tlvm.node.v1.SealedGuestState;
import io.tlvm.ownership.id.Digest;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/** The way from a source to its target's agent. Whoever opens a channel closes it. */
public interface TransferLink {

    /**
     * Opens the channel for sealed guest state.
     *
     * @throws IOException when the target is not reached, is another one, or refuses the plan; the
     *     message has its words
     */
    GuestStateChannel openGuestState(VerifiedPlan plan, Duration limit)
            throws IOException, InterruptedException;

    /**
     * Opens the channel for QEMU's stream; the target's QEMU listens when this returns.
     *
     * @throws IOException as above
     */
    MemoryChannel openMemory(VerifiedPlan plan, Duration limit)
            throws IOException, InterruptedException;

    /** Sealed pieces go, LOADED comes back. */
    interface GuestStateChannel extends AutoCloseable {
        /**
         * Sends one piece and waits until it is stored durably.
         *
         * @throws IOException when the channel broke, or nothing came back in time
         */
        void send(SealedGuestState.Kind kind, byte[] ciphertext, Duration limit)
                throws IOException, InterruptedException;

        /** The digest that the target loaded; exceptionally when the channel ended before. */
        CompletionStage<Digest> loaded();

        @Override
        void close();
    }

    /** Bytes both ways between a socket of QEMU and the target. */
    interface MemoryChannel extends AutoCloseable {
        /** Begins to pump; the channel closes the socket at its end. */
        void pump(SocketChannel qemu);

        /** Completes, never exceptionally, with the reason when bytes flow no more. */
        CompletionStage<String> ended();

        @Override
        void close();
    }
}
