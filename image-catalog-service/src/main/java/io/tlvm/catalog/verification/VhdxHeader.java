package io.tlvm.catalog.verification;

import io.tlvm.catalog.verification.FormatVerdict.Accepted;
import io.tlvm.catalog.verification.FormatVerdict.Rejected;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * The header area of a VHDX file (MS-VHDX 2.2): one of two headers is intact, the log is empty, the
 * region table places exactly the regions that the specification knows inside the file. Whether
 * there is a parent is in the metadata region, {@link VhdxMetadata}.
 */
final class VhdxHeader {
    private static final int KIB_64 = 64 * 1024;
    private static final int HEADER_SIGNATURE = 0x64616568; // "head", little endian
    private static final int REGION_SIGNATURE = 0x69676572; // "regi"
    private static final int HEADER_BYTES = 4096;
    private static final int REGION_ENTRIES_MAX = 2047;
    private static final int REGION_ENTRY_BYTES = 32;
    private static final long MIB = 1024 * 1024;
    private static final UUID BAT = UUID.fromString("2dc27766-f623-4200-9d64-115e9bfd4a08");
    static final UUID METADATA = UUID.fromString("8b7ca206-4790-4b9a-b8fe-575f050f886e");

    private VhdxHeader() {}

    static FormatVerdict judge(ByteBuffer head, long sizeBytes) {
        ByteBuffer bytes = head.slice().order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.limit() < MIB) {
            return rejected("the file is shorter than the header area of 1 MiB");
        }
        Optional<ByteBuffer> header = current(bytes);
        if (header.isEmpty()) {
            return rejected("neither of the two headers is intact");
        }
        // A log that is not empty must be replayed before use, that is, written to; a stored image
        // is never written.
        if (!guid(header.get(), 48).equals(new UUID(0, 0))) {
            return rejected(
                    "its log is not empty: it was not closed cleanly; open and close it once where"
                            + " it was made");
        }
        if (header.get().getShort(66) != 1) {
            return rejected("its header has an unknown version");
        }
        List<Region> regions = regions(bytes);
        if (regions.stream().noneMatch(region -> region.id().equals(BAT))
                || regions.stream().noneMatch(region -> region.id().equals(METADATA))) {
            return rejected("its region table is damaged or lacks the block table or the metadata");
        }
        for (Region region : regions) {
            if (!region.id().equals(BAT) && !region.id().equals(METADATA)) {
                return rejected("its region table names a region that is not known");
            }
            if (region.offset() < MIB
                    || region.length() < 1
                    || region.offset() > sizeBytes - region.length()) {
                return rejected("a region lies outside of the file");
            }
        }
        return new Accepted();
    }

    /** Where the metadata region lies, for a head that {@link #judge} accepted. */
    static Optional<Region> metadata(ByteBuffer head) {
        return regions(head.slice().order(ByteOrder.LITTLE_ENDIAN)).stream()
                .filter(region -> region.id().equals(METADATA))
                .findFirst();
    }

    record Region(UUID id, long offset, int length) {}

    /** The intact header with the higher sequence number is the current one (MS-VHDX 2.2.2). */
    private static Optional<ByteBuffer> current(ByteBuffer bytes) {
        ByteBuffer first = bytes.slice(KIB_64, HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer second = bytes.slice(2 * KIB_64, HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        boolean firstIntact = first.getInt(0) == HEADER_SIGNATURE && intact(first);
        boolean secondIntact = second.getInt(0) == HEADER_SIGNATURE && intact(second);
        if (firstIntact && secondIntact) {
            return Optional.of(
                    Long.compareUnsigned(first.getLong(8), second.getLong(8)) >= 0
                            ? first
                            : second);
        }
        return firstIntact
                ? Optional.of(first)
                : secondIntact ? Optional.of(second) : Optional.empty();
    }

    private static List<Region> regions(ByteBuffer bytes) {
        for (int copy = 3; copy <= 4; copy++) {
            ByteBuffer table = bytes.slice(copy * KIB_64, KIB_64).order(ByteOrder.LITTLE_ENDIAN);
            int count = table.getInt(8);
            if (table.getInt(0) != REGION_SIGNATURE
                    || count < 1
                    || count > REGION_ENTRIES_MAX
                    || !intact(table)) {
                continue;
            }
            var regions = new ArrayList<Region>(count);
            for (int i = 0; i < count; i++) {
                int at = 16 + i * REGION_ENTRY_BYTES;
                regions.add(
                        new Region(guid(table, at), table.getLong(at + 16), table.getInt(at + 24)));
            }
            return regions;
        }
        return List.of();
    }

    /** CRC-32C over the whole structure with its checksum field (offset 4) as zero. */
    private static boolean intact(ByteBuffer structure) {
        byte[] copy = new byte[structure.limit()];
        structure.get(0, copy);
        java.util.Arrays.fill(copy, 4, 8, (byte) 0);
        var crc = new CRC32C();
        crc.update(copy);
        return (int) crc.getValue() == structure.getInt(4);
    }

    /**
     * A GUID as Microsoft lays it out: three little endian fields, then eight bytes as they are.
     */
    static UUID guid(ByteBuffer bytes, int at) {
        long high =
                (bytes.getInt(at) & 0xffffffffL) << 32
                        | (bytes.getShort(at + 4) & 0xffffL) << 16
                        | bytes.getShort(at + 6) & 0xffffL;
        return new UUID(high, Long.reverseBytes(bytes.getLong(at + 8)));
    }

    private static Rejected rejected(String why) {
        return new Rejected("vhdx", why);
    }
}
