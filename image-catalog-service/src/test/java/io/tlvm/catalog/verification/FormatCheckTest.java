package io.tlvm.catalog.verification;

import static org.assertj.core.api.Assertions.assertThat;

import io.tlvm.catalog.verification.FormatVerdict.Accepted;
import io.tlvm.catalog.verification.FormatVerdict.Rejected;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** The formats are those that the real qemu-img writes. */
class FormatCheckTest {
    private final Path directory;

    FormatCheckTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @Test
    void raw_sectors_are_raw() throws IOException {
        assertThat(judge(ImageFormat.RAW, new byte[4096])).isInstanceOf(Accepted.class);
    }

    @Test
    void raw_must_be_whole_sectors() throws IOException {
        assertThat(judge(ImageFormat.RAW, new byte[513])).isInstanceOf(Rejected.class);
    }

    @ParameterizedTest
    @CsvSource({"qcow2, qcow", "vmdk, vmdk", "qed, qed", "vhdx, vhdx", "vdi, vdi"})
    void another_format_is_not_accepted_as_raw(String made, String found) throws Exception {
        byte[] bytes = Files.readAllBytes(qemuImg("create", "-f", made, "image", "4M"));

        assertThat(judge(ImageFormat.RAW, bytes))
                .isInstanceOfSatisfying(
                        Rejected.class, no -> assertThat(no.found()).isEqualTo(found));
        assertThat(judge(ImageFormat.RAW, java.util.Arrays.copyOf(bytes, 1024)))
                .isInstanceOf(Rejected.class);
    }

    @Test
    void a_vmdk_descriptor_is_not_accepted_as_raw() throws IOException {
        byte[] bytes =
                java.util.Arrays.copyOf(
                        "# Disk DescriptorFile\nRW 1 FLAT \"/etc/shadow\" 0"
                                .getBytes(StandardCharsets.UTF_8),
                        512);
        assertThat(judge(ImageFormat.RAW, bytes)).isInstanceOf(Rejected.class);
    }

    @ParameterizedTest
    @CsvSource({"dynamic", "fixed"})
    void a_vhdx_without_parent_is_accepted(String subformat) throws Exception {
        byte[] bytes =
                Files.readAllBytes(
                        qemuImg(
                                "create",
                                "-f",
                                "vhdx",
                                "-o",
                                "subformat=" + subformat,
                                "image",
                                "4M"));
        assertThat(judge(ImageFormat.VHDX, bytes)).isInstanceOf(Accepted.class);
    }

    @Test
    void raw_bytes_are_not_accepted_as_vhdx() throws IOException {
        assertThat(judge(ImageFormat.VHDX, new byte[2 << 20])).isInstanceOf(Rejected.class);
    }

    @Test
    void a_vhdx_with_both_headers_damaged_is_refused() throws Exception {
        byte[] bytes = Files.readAllBytes(qemuImg("create", "-f", "vhdx", "image", "4M"));
        bytes[64 * 1024 + 100] ^= 1;
        assertThat(judge(ImageFormat.VHDX, bytes))
                .isInstanceOf(Accepted.class); // the other header still stands
        bytes[128 * 1024 + 100] ^= 1;
        assertThat(judge(ImageFormat.VHDX, bytes)).isInstanceOf(Rejected.class);
    }

    @Test
    void a_vhdx_that_is_cut_off_is_refused() throws Exception {
        byte[] bytes = Files.readAllBytes(qemuImg("create", "-f", "vhdx", "image", "4M"));
        assertThat(judge(ImageFormat.VHDX, java.util.Arrays.copyOf(bytes, (2 << 20) + 4096)))
                .isInstanceOf(Rejected.class);
        assertThat(judge(ImageFormat.VHDX, java.util.Arrays.copyOf(bytes, 70_000)))
                .isInstanceOf(Rejected.class);
    }

    @Test
    void a_vhdx_that_says_it_has_a_parent_is_refused() throws Exception {
        byte[] bytes = Files.readAllBytes(qemuImg("create", "-f", "vhdx", "image", "4M"));
        int metadata = indexOf(bytes, "metadata".getBytes(StandardCharsets.US_ASCII));
        // First item of the table that qemu-img writes: file parameters; the flags follow the block
        // size (MS-VHDX 2.6.2.1).
        int item =
                ByteBuffer.wrap(bytes)
                        .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                        .getInt(metadata + 32 + 16);
        bytes[metadata + item + 4] |= 2;

        assertThat(judge(ImageFormat.VHDX, bytes))
                .isInstanceOfSatisfying(
                        Rejected.class, no -> assertThat(no.why()).contains("differencing"));
    }

    private FormatVerdict judge(ImageFormat declared, byte[] bytes) throws IOException {
        return FormatCheck.whole(
                declared,
                new ContentBytes() {
                    @Override
                    public long size() {
                        return bytes.length;
                    }

                    @Override
                    public ByteBuffer read(long offset, int length) {
                        int from = (int) Math.min(offset, bytes.length);
                        return ByteBuffer.wrap(bytes, from, Math.min(length, bytes.length - from))
                                .slice();
                    }
                });
    }

    private Path qemuImg(String... arguments) throws Exception {
        Assumptions.assumeTrue(
                Files.isExecutable(Path.of("/usr/bin/qemu-img")),
                "qemu-img is not installed (package qemu-utils)");
        var command = new java.util.ArrayList<>(java.util.List.of("qemu-img"));
        command.addAll(java.util.List.of(arguments));
        var process =
                new ProcessBuilder(command)
                        .directory(directory.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(directory.resolve("log").toFile())
                        .start();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(directory.resolve("log"))).isZero();
        return directory.resolve("image");
    }

    private static int indexOf(byte[] bytes, byte[] wanted) {
        for (int i = 0; i < bytes.length - wanted.length; i++) {
            if (java.util.Arrays.equals(bytes, i, i + wanted.length, wanted, 0, wanted.length)) {
                return i;
            }
        }
        throw new AssertionError("not found");
    }
}
