package io.tlvm.agent.transfer;

import com.google.protobuf.ByteString;

import java.io.IOException;
import java.util.Optional;

/** Bytes to and from the other agent, whichever side this is. */
interface ByteLine {
    /** Sends bytes, at most {@link Pump#CHUNK}. */
    void data(ByteString bytes) throws IOException, InterruptedException;

    /** Says that no more bytes come from here. */
    void halfClose() throws IOException, InterruptedException;

    /** The next bytes; empty when no more come. */
    Optional<ByteString> next() throws IOException, InterruptedException;
}
