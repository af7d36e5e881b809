package io.tlvm.agent.journal;

import io.tlvm.agent.journal.JournalOpening.Damage;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The bytes of a journal file, big-endian.
 *
 * <pre>
 * file   = header record*
 * header = "TLVMJRNL" version:u32 crc32c(the 12 bytes before):u32
 * record = length:u32 crc32c(length):u32 crc32c(payload):u32 payload
 * </pre>
 *
 * The length has a checksum of its own, so that a record whose length was damaged is not taken for
 * one that a crash cut short: the first is evidence, the second was never acknowledged.
 */
final class JournalFormat {
    static final int VERSION = 1;
    static final int HEADER_BYTES = 16;
    static final int RECORD_HEADER_BYTES = 12;
    static final int PAYLOAD_MAX = 1 << 20;
    static final long FILE_MAX = 64L << 20;
    private static final long MAGIC = 0x544C_564D_4A52_4E4CL;

    private JournalFormat() {}

    /** What a whole file says. */
    sealed interface Reading {
        /**
         * Every record, and where the last complete one ends: the rest of the file, if any, is
         * torn.
         */
        record Records(List<byte[]> payloads, long end) implements Reading {}

        /** Damage at an offset. */
        record Damaged(long offset, Damage why) implements Reading {}
    }

    static ByteBuffer header() {
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
        header.putLong(MAGIC).putInt(VERSION);
        header.putInt(crc(header.array(), 0, HEADER_BYTES - Integer.BYTES));
        return header.flip();
    }

    static ByteBuffer record(byte[] payload) {
        if (payload.length == 0 || payload.length > PAYLOAD_MAX) {
            throw new IllegalArgumentException(
                    "a journal record has 1 to %d bytes, not %d"
                            .formatted(PAYLOAD_MAX, payload.length));
        }
        ByteBuffer record = ByteBuffer.allocate(RECORD_HEADER_BYTES + payload.length);
        record.putInt(payload.length);
        record.putInt(crc(record.array(), 0, Integer.BYTES));
        record.putInt(crc(payload, 0, payload.length));
        record.put(payload);
        return record.flip();
    }

    /** Reads a file. One that ends within its header never had a record: its end is 0. */
    static Reading read(byte[] file) {
        ByteBuffer in = ByteBuffer.wrap(file);
        if (file.length < HEADER_BYTES) {
            return startsLikeHeader(file)
                    ? new Reading.Records(List.of(), 0)
                    : new Reading.Damaged(0, new Damage.NotAJournal());
        }
        if (in.getLong() != MAGIC) {
            return new Reading.Damaged(0, new Damage.NotAJournal());
        }
        int version = in.getInt();
        if (in.getInt() != crc(file, 0, HEADER_BYTES - Integer.BYTES)) {
            return new Reading.Damaged(0, new Damage.HeaderChecksum());
        }
        if (version != VERSION) {
            return new Reading.Damaged(Long.BYTES, new Damage.FutureVersion(version, VERSION));
        }
        return records(file, in);
    }

    private static Reading records(byte[] file, ByteBuffer in) {
        List<byte[]> payloads = new ArrayList<>();
        while (in.hasRemaining()) {
            int start = in.position();
            if (in.remaining() < RECORD_HEADER_BYTES || onlyZeros(file, start)) {
                return new Reading.Records(payloads, start);
            }
            int length = in.getInt();
            if (in.getInt() != crc(file, start, Integer.BYTES)) {
                return new Reading.Damaged(start, new Damage.LengthChecksum());
            }
            if (length <= 0 || length > PAYLOAD_MAX) {
                return new Reading.Damaged(
                        start,
                        new Damage.RecordTooLong(Integer.toUnsignedLong(length), PAYLOAD_MAX));
            }
            int checksum = in.getInt();
            if (in.remaining() < length) {
                return new Reading.Records(payloads, start);
            }
            byte[] payload = new byte[length];
            in.get(payload);
            if (checksum != crc(payload, 0, length)) {
                return new Reading.Damaged(start, new Damage.PayloadChecksum());
            }
            payloads.add(payload);
        }
        return new Reading.Records(payloads, in.position());
    }

    private static boolean startsLikeHeader(byte[] file) {
        byte[] header = header().array();
        for (int i = 0; i < file.length; i++) {
            if (file[i] != header[i] && file[i] != 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * Blocks that were allocated but not written before a power cut. No record begins with a length
     * of zero.
     */
    private static boolean onlyZeros(byte[] file, int from) {
        for (int i = from; i < file.length; i++) {
            if (file[i] != 0) {
                return false;
            }
        }
        return true;
    }

    private static int crc(byte[] bytes, int offset, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, offset, length);
        return (int) crc.getValue();
    }
}
