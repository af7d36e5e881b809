package io.tlvm.foundation.backup;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.google.protobuf.ByteString;

import java.nio.ByteBuffer;

/** What writer and reader have in common. */
final class BackupFormat {
    static final int VERSION = 1;

    /** So that it fits into one answer of gRPC, whose limit is 4 MiB. */
    static final int FILE_MAX = 3 << 20;

    static final int RECIPIENTS_MAX = 8;
    static final int CERTIFICATES_MAX = 8;

    /** The first line: tells people and file(1) what it is. */
    static final ByteString MAGIC = ByteString.copyFrom("tlvm guest-state backup\n", US_ASCII);

    private static final byte[] LABEL = "tlvm/backup-bundle/1".getBytes(US_ASCII);

    private BackupFormat() {}

    /** What is signed. */
    static ByteString signed(ByteString header, ByteString sealed) {
        return length(LABEL.length)
                .concat(ByteString.copyFrom(LABEL))
                .concat(length(header.size()))
                .concat(header)
                .concat(length(sealed.size()))
                .concat(sealed);
    }

    private static ByteString length(int bytes) {
        return ByteString.copyFrom(ByteBuffer.allocate(Integer.BYTES).putInt(bytes).flip());
    }
}
