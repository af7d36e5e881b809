package io.tlvm.agent.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tlvm.agent.file.ContentDigest;
import io.tlvm.foundation.file.FileOwner;
import io.tlvm.ownership.id.Digest;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** A source that can break off; files and qemu-img are real. */
class DisksTest {
    private static final int SIZE = 1 << 20;

    private final byte[] content = new byte[SIZE];
    private Digest image;
    private final List<Long> offsets = new ArrayList<>();
    private int breakAfter = Integer.MAX_VALUE;
    private FileOwner owner;
    private Path directory;
    private Path disk;
    private Disks disks;

    @BeforeEach
    void make(@TempDir Path fresh) throws IOException {
        directory = fresh;
        new Random(7).nextBytes(content);
        image = ContentDigest.of(content);
        owner = FileOwner.ofThisProcess();
        disk = directory.resolve("os.1");
        disks =
                new Disks(
                        new ImageCache(
                                Files.createDirectory(directory.resolve("images")),
                                this::read,
                                VhdxConversion.STANDARD));
    }

    private void read(Digest wanted, long offset, ImageSource.Sink into) throws IOException {
        offsets.add(offset);
        int end = Math.min(SIZE, breakAfter);
        into.take(ByteBuffer.wrap(content, (int) offset, end - (int) offset));
        if (end < SIZE) {
            throw new IOException("the connection broke");
        }
    }

    @Test
    void a_disk_is_a_copy_of_its_image_grown_to_its_size() throws Exception {
        disks.make(disk, Optional.of(image), 3 * SIZE, owner);

        byte[] made = Files.readAllBytes(disk);
        assertThat(made).hasSize(3 * SIZE);
        assertThat(Arrays.copyOf(made, SIZE)).isEqualTo(content);
        assertThat(Files.getPosixFilePermissions(disk)).hasSize(2);
    }

    @Test
    void a_disk_that_exists_is_left_as_it_is() throws Exception {
        Files.writeString(disk, "somebody's data");

        disks.make(disk, Optional.of(image), 0, owner);

        assertThat(disk).hasContent("somebody's data");
        assertThat(offsets).isEmpty();
    }

    @Test
    void an_interrupted_fetch_goes_on_where_it_stopped() throws Exception {
        breakAfter = SIZE / 3;
        assertThatThrownBy(() -> disks.make(disk, Optional.of(image), 0, owner))
                .hasMessageContaining("broke");
        assertThat(disk).doesNotExist();
        breakAfter = Integer.MAX_VALUE;

        disks.make(disk, Optional.of(image), 0, owner);

        assertThat(offsets).containsExactly(0L, (long) SIZE / 3);
        assertThat(Files.readAllBytes(disk)).isEqualTo(content);
    }

    @Test
    void other_content_than_was_promised_is_never_used() throws Exception {
        content[5] ^= 1;

        assertThatThrownBy(() -> disks.make(disk, Optional.of(image), 0, owner))
                .isInstanceOf(ImageMismatch.class);

        assertThat(disk).doesNotExist();
        try (var left = Files.list(directory.resolve("images"))) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void a_disk_smaller_than_its_image_is_refused() {
        assertThatThrownBy(() -> disks.make(disk, Optional.of(image), SIZE - 1, owner))
                .hasMessageContaining("smaller");
        assertThat(disk).doesNotExist();
    }

    @Test
    void a_blank_disk_is_zeros_of_its_size() throws Exception {
        disks.make(disk, Optional.empty(), SIZE, owner);

        assertThat(Files.readAllBytes(disk)).isEqualTo(new byte[SIZE]);
    }

    @Test
    void a_vhdx_image_becomes_a_raw_disk() throws Exception {
        Path raw = Files.write(directory.resolve("source.raw"), content);
        Path vhdx = directory.resolve("source.vhdx");
        Process convert =
                new ProcessBuilder(
                                "qemu-img",
                                "convert",
                                "-f",
                                "raw",
                                "-O",
                                "vhdx",
                                raw.toString(),
                                vhdx.toString())
                        .inheritIO()
                        .start();
        assertThat(convert.waitFor(60, TimeUnit.SECONDS)).isTrue();
        byte[] packed = Files.readAllBytes(vhdx);
        Disks fromVhdx =
                new Disks(
                        new ImageCache(
                                Files.createDirectory(directory.resolve("more")),
                                (wanted, offset, into) -> into.take(ByteBuffer.wrap(packed)),
                                VhdxConversion.STANDARD));

        fromVhdx.make(disk, Optional.of(ContentDigest.of(packed)), 0, owner);

        assertThat(Arrays.copyOf(Files.readAllBytes(disk), SIZE)).isEqualTo(content);
    }
}
