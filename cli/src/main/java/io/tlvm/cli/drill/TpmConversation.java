package io.tlvm.cli.drill;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.HexFormat;

/**
 * The two commands that tell who a TPM is (TPM 2.0 Library, part 3: TPM2_NV_ReadPublic,
 * TPM2_NV_Read), big-endian.
 */
final class TpmConversation {
    /** The certificate of the RSA endorsement key: TCG EK Credential Profile §2.2.1.4. */
    private static final int EK_CERTIFICATE = 0x01c00002;

    private static final short NO_SESSIONS = (short) 0x8001;
    private static final short SESSIONS = (short) 0x8002;
    private static final int NV_READ = 0x14e;
    private static final int NV_READ_PUBLIC = 0x169;
    private static final int PASSWORD_SESSION = 0x40000009;
    private static final int HEADER = 10;
    private static final int SUCCESS = 0;
    private static final int CHUNK = 512;

    /** A TPM of swtpm answers with at most 4096 bytes. */
    private static final int ANSWER_MAX = 4096;

    /**
     * Where the size of an index is in the answer: after two sizes, index, algorithm, attributes.
     */
    private static final int ATTRIBUTES_END = 2 + 4 + 2 + 4;

    private final SocketChannel tpm;

    TpmConversation(SocketChannel tpm) {
        this.tpm = tpm;
    }

    /** The endorsement key's certificate, DER. */
    byte[] endorsementKeyCertificate() throws IOException, DrillFailed {
        int size = size();
        ByteArrayOutputStream certificate = new ByteArrayOutputStream();
        while (certificate.size() < size) {
            byte[] part = read(Math.min(CHUNK, size - certificate.size()), certificate.size());
            if (part.length == 0) {
                throw new DrillFailed("it gives less of its certificate than it has");
            }
            certificate.writeBytes(part);
        }
        return certificate.toByteArray();
    }

    private int size() throws IOException, DrillFailed {
        ByteBuffer command = command(NO_SESSIONS, Integer.BYTES, NV_READ_PUBLIC);
        ByteBuffer answer = ask(command.putInt(EK_CERTIFICATE));
        skip(answer, ATTRIBUTES_END);
        skip(answer, unsigned(answer));
        return unsigned(answer);
    }

    private byte[] read(int length, int offset) throws IOException, DrillFailed {
        int handles = 2 * Integer.BYTES;
        int session = Integer.BYTES + Short.BYTES + 1 + Short.BYTES;
        ByteBuffer command =
                command(SESSIONS, handles + Integer.BYTES + session + 2 * Short.BYTES, NV_READ);
        command.putInt(EK_CERTIFICATE).putInt(EK_CERTIFICATE);
        // The index is read with its own, empty, password.
        command.putInt(session).putInt(PASSWORD_SESSION).putShort((short) 0);
        command.put((byte) 0).putShort((short) 0);
        ByteBuffer answer = ask(command.putShort((short) length).putShort((short) offset));
        skip(answer, Integer.BYTES);
        int given = unsigned(answer);
        if (given > answer.remaining() || given > length) {
            throw new DrillFailed("it answers with a length that it does not have");
        }
        byte[] part = new byte[given];
        answer.get(part);
        return part;
    }

    private static ByteBuffer command(short tag, int parameters, int code) {
        return ByteBuffer.allocate(HEADER + parameters)
                .putShort(tag)
                .putInt(HEADER + parameters)
                .putInt(code);
    }

    /** What follows the header of the answer. */
    private ByteBuffer ask(ByteBuffer command) throws IOException, DrillFailed {
        command.flip();
        while (command.hasRemaining()) {
            tpm.write(command);
        }
        ByteBuffer header = receive(HEADER);
        skip(header, Short.BYTES);
        int size = header.getInt();
        int result = header.getInt();
        if (size < HEADER || size > ANSWER_MAX) {
            throw new DrillFailed("it answers with " + size + " bytes");
        }
        ByteBuffer rest = receive(size - HEADER);
        if (result != SUCCESS) {
            throw new DrillFailed(
                    "it has no certificate of an endorsement key (TPM error 0x%s)"
                            .formatted(HexFormat.of().toHexDigits(result)));
        }
        return rest;
    }

    private ByteBuffer receive(int length) throws IOException, DrillFailed {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining()) {
            if (tpm.read(buffer) < 0) {
                throw new DrillFailed("it ended in the middle of an answer");
            }
        }
        return buffer.flip();
    }

    private static int unsigned(ByteBuffer answer) throws DrillFailed {
        if (answer.remaining() < Short.BYTES) {
            throw new DrillFailed("its answer is too short");
        }
        return Short.toUnsignedInt(answer.getShort());
    }

    private static void skip(ByteBuffer answer, int bytes) throws DrillFailed {
        if (answer.remaining() < bytes) {
            throw new DrillFailed("its answer is too short");
        }
        answer.position(answer.position() + bytes);
    }
}
