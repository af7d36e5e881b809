package io.tlvm.catalog.verification;

import io.tlvm.catalog.verification.FormatVerdict.Accepted;
import io.tlvm.catalog.verification.FormatVerdict.Rejected;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/**
 * The metadata region of a VHDX file (MS-VHDX 2.6): no parent, by flag or by locator, and a virtual
 * size within the format's limit.
 */
final class VhdxMetadata {
    private static final int TABLE_BYTES = 64 * 1024;
    private static final long TABLE_SIGNATURE = 0x617461646174656dL; // "metadata", little endian
    private static final int ENTRIES_MAX = 2047;
    private static final int ENTRY_BYTES = 32;
    private static final int HAS_PARENT = 2;
    private static final long VIRTUAL_SIZE_MAX = 64L << 40;
    private static final UUID FILE_PARAMETERS =
            UUID.fromString("caa16737-fa36-4d43-b3b6-33f0aa44e76b");
    private static final UUID VIRTUAL_DISK_SIZE =
            UUID.fromString("2fa54224-cd1b-4876-b211-5dbed83bf4b8");
    private static final UUID PARENT_LOCATOR =
            UUID.fromString("a8d35f2d-b30b-454d-abf7-d3d84834ab0c");

    private VhdxMetadata() {}

    static FormatVerdict judge(ByteBuffer head, ContentBytes content) throws IOException {
        var region = VhdxHeader.metadata(head);
        if (region.isEmpty()) {
            return rejected("it has no metadata region");
        }
        long start = region.get().offset();
        ByteBuffer table = content.read(start, TABLE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        if (table.limit() < TABLE_BYTES || table.getLong(0) != TABLE_SIGNATURE) {
            return rejected("its metadata table is damaged");
        }
        int count = table.getShort(10) & 0xffff;
        if (count > ENTRIES_MAX) {
            return rejected("its metadata table has too many entries");
        }
        Map<UUID, Item> items = new HashMap<>();
        for (int i = 0; i < count; i++) {
            int at = 32 + i * ENTRY_BYTES;
            var item = new Item(table.getInt(at + 16), table.getInt(at + 20));
            if (items.put(VhdxHeader.guid(table, at), item) != null) {
                return rejected("its metadata table names an item twice");
            }
        }
        if (items.containsKey(PARENT_LOCATOR)) {
            return rejected(
                    "it is a differencing disk: it names a parent file; merge it into one file"
                            + " first");
        }
        Item parameters = items.get(FILE_PARAMETERS);
        Item virtualSize = items.get(VIRTUAL_DISK_SIZE);
        if (parameters == null || virtualSize == null) {
            return rejected("its metadata lacks the file parameters or the disk size");
        }
        ByteBuffer flags = parameters.read(content, start, region.get().length(), 8);
        ByteBuffer size = virtualSize.read(content, start, region.get().length(), 8);
        if (flags.limit() < 8 || size.limit() < 8) {
            return rejected("a metadata item lies outside of its region");
        }
        if ((flags.getInt(4) & HAS_PARENT) != 0) {
            return rejected("it is a differencing disk; merge it into one file first");
        }
        long bytes = size.getLong(0);
        if (bytes < 512 || bytes > VIRTUAL_SIZE_MAX || bytes % 512 != 0) {
            return rejected("its virtual size is not a whole number of sectors up to 64 TiB");
        }
        return new Accepted();
    }

    private record Item(int offset, int length) {
        /**
         * The item's first bytes; empty when the item does not lie behind the table and inside the
         * region (MS-VHDX 2.6.1.2).
         */
        ByteBuffer read(ContentBytes content, long regionStart, int regionLength, int wanted)
                throws IOException {
            if (offset < TABLE_BYTES || length < wanted || offset > regionLength - length) {
                return ByteBuffer.allocate(0);
            }
            return content.read(regionStart + offset, wanted).order(ByteOrder.LITTLE_ENDIAN);
        }
    }

    private static Rejected rejected(String why) {
        return new Rejected("vhdx", why);
    }
}
