package io.tlvm.catalog.verification;

import io.tlvm.catalog.verification.FormatVerdict.Accepted;
import io.tlvm.catalog.verification.FormatVerdict.Rejected;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * Compares the declared format with the first bytes. A format is never guessed for use: guessing
 * lets a guest, or an uploader, turn raw bytes into a qcow2 header that names a file of the host
 * (CVE-2022-47951, CVE-2024-32498, CVE-2024-4467).
 */
public final class FormatCheck {
    /**
     * Bytes of the head that {@link #head} wants; a whole VHDX header area (MS-VHDX 2.2: four 64
     * KiB structures and the reserved rest).
     */
    public static final int HEAD_BYTES = 1024 * 1024;

    private static final List<Magic> FOREIGN =
            List.of(
                    new Magic("qcow", new byte[] {'Q', 'F', 'I', (byte) 0xfb}),
                    new Magic("vmdk", "KDMV".getBytes(StandardCharsets.US_ASCII)),
                    new Magic("vmdk", "COWD".getBytes(StandardCharsets.US_ASCII)),
                    new Magic(
                            "vmdk descriptor",
                            "# Disk DescriptorFile".getBytes(StandardCharsets.US_ASCII)),
                    new Magic("qed", new byte[] {'Q', 'E', 'D', 0}),
                    new Magic("vhd", "conectix".getBytes(StandardCharsets.US_ASCII)),
                    new Magic("parallels", "WithoutFreeSpace".getBytes(StandardCharsets.US_ASCII)),
                    new Magic("parallels", "WithouFreSpacExt".getBytes(StandardCharsets.US_ASCII)),
                    new Magic("luks", new byte[] {'L', 'U', 'K', 'S', (byte) 0xba, (byte) 0xbe}),
                    new Magic("gzip", new byte[] {0x1f, (byte) 0x8b}),
                    new Magic("xz", new byte[] {(byte) 0xfd, '7', 'z', 'X', 'Z', 0}),
                    new Magic("zip", new byte[] {'P', 'K', 3, 4}),
                    new Magic("zstd", new byte[] {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd}));
    private static final Magic VHDX =
            new Magic("vhdx", "vhdxfile".getBytes(StandardCharsets.US_ASCII));
    private static final Magic VDI =
            new Magic("vdi", new byte[] {0x7f, 0x10, (byte) 0xda, (byte) 0xbe});
    private static final int VDI_MAGIC_OFFSET = 64;

    private FormatCheck() {}

    /** Judges complete content, also what lies behind its head. */
    public static FormatVerdict whole(ImageFormat declared, ContentBytes content)
            throws IOException {
        ByteBuffer head = content.read(0, HEAD_BYTES);
        FormatVerdict verdict = head(declared, head, content.size());
        return switch (verdict) {
            case Rejected rejected -> rejected;
            case Accepted accepted ->
                    switch (declared) {
                        case RAW -> accepted;
                        case VHDX -> VhdxMetadata.judge(head, content);
                    };
        };
    }

    /**
     * Judges the first {@link #HEAD_BYTES} (all of them, if there are fewer).
     *
     * @param head the first bytes; position and limit are left alone
     * @param sizeBytes of the whole content
     */
    public static FormatVerdict head(ImageFormat declared, ByteBuffer head, long sizeBytes) {
        ByteBuffer bytes = head.slice();
        return switch (declared) {
            case RAW -> raw(bytes, sizeBytes);
            case VHDX ->
                    VHDX.at(bytes, 0)
                            ? VhdxHeader.judge(bytes, sizeBytes)
                            : new Rejected(
                                    found(bytes).orElse("raw"),
                                    "a VHDX file starts with the signature vhdxfile");
        };
    }

    private static FormatVerdict raw(ByteBuffer bytes, long sizeBytes) {
        Optional<String> other = found(bytes);
        if (other.isPresent()) {
            return new Rejected(
                    other.get(),
                    "the bytes start like a " + other.get() + " file, not like a raw disk");
        }
        // QEMU refuses to use the tail of a disk that is no whole number of sectors.
        if (sizeBytes % 512 != 0) {
            return new Rejected("raw", "a raw disk is a whole number of 512-byte sectors");
        }
        return new Accepted();
    }

    private static Optional<String> found(ByteBuffer bytes) {
        if (VHDX.at(bytes, 0)) {
            return Optional.of(VHDX.format());
        }
        if (VDI.at(bytes, VDI_MAGIC_OFFSET)) {
            return Optional.of(VDI.format());
        }
        return FOREIGN.stream().filter(magic -> magic.at(bytes, 0)).map(Magic::format).findFirst();
    }

    private record Magic(String format, byte[] bytes) {
        boolean at(ByteBuffer data, int offset) {
            if (data.limit() < offset + bytes.length) {
                return false;
            }
            return data.slice(offset, bytes.length).equals(ByteBuffer.wrap(bytes));
        }
    }
}
