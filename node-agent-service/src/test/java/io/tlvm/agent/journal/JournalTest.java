package io.tlvm.agent.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tlvm.agent.journal.JournalOpening.Damage;
import io.tlvm.agent.journal.JournalOpening.Opened;
import io.tlvm.agent.journal.JournalOpening.Refused;
import io.tlvm.agent.journal.JournalOpening.TornTail;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

class JournalTest {
    private Path directory;
    private Path file;

    @BeforeEach
    void name_the_file(@TempDir Path temporary) {
        directory = temporary;
        file = directory.resolve("vm.journal");
    }

    @Test
    void appended_records_come_back_in_order_after_reopening() throws IOException {
        write("one", "two", "three");

        assertThat(records()).containsExactly("one", "two", "three");
        assertThat(opened().tornTail()).isEmpty();
    }

    @Test
    void records_that_are_appended_together_come_back_in_order() throws IOException {
        write("one");
        try (Journal journal = opened().journal()) {
            journal.append(List.of("two".getBytes(UTF_8), "three".getBytes(UTF_8)));
        }

        assertThat(records()).containsExactly("one", "two", "three");
    }

    @Test
    void of_records_appended_together_a_crash_leaves_the_first_ones_or_none() throws IOException {
        write("one");
        int acknowledged = (int) Files.size(file);
        try (Journal journal = opened().journal()) {
            journal.append(List.of("two".getBytes(UTF_8), "three".getBytes(UTF_8)));
        }
        byte[] whole = Files.readAllBytes(file);

        for (int length = acknowledged; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThat(records()).isIn(List.of("one"), List.of("one", "two"));
        }
    }

    @Test
    void a_new_journal_is_private_to_the_agent() throws IOException {
        write();

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void a_tail_torn_at_any_length_is_cut_off_and_reported() throws IOException {
        write("one", "two");
        byte[] acknowledged = Files.readAllBytes(file);
        write("the record that a crash tears");
        byte[] whole = Files.readAllBytes(file);

        for (int length = acknowledged.length + 1; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            try (Journal journal = expectTorn(acknowledged.length, length - acknowledged.length)) {
                journal.append("three".getBytes(UTF_8));
            }
            assertThat(records()).containsExactly("one", "two", "three");
        }
    }

    @Test
    void a_file_torn_within_its_header_is_an_empty_journal() throws IOException {
        write();
        byte[] header = Files.readAllBytes(file);

        for (int length = 0; length < header.length; length++) {
            Files.write(file, Arrays.copyOf(header, length));
            Opened opened = opened();
            assertThat(opened.records()).isEmpty();
            assertThat(opened.tornTail().isPresent()).isEqualTo(length > 0);
            write("first");
            assertThat(records()).containsExactly("first");
        }
    }

    @Test
    void blocks_that_a_power_cut_left_unwritten_are_cut_off() throws IOException {
        write("one");
        byte[] acknowledged = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(acknowledged, acknowledged.length + 4096));

        assertThat(opened().tornTail()).contains(new TornTail(acknowledged.length, 4096));
        assertThat(Files.size(file)).isEqualTo(acknowledged.length);
    }

    @Test
    void any_changed_byte_of_acknowledged_records_is_refused_and_the_file_is_left_alone()
            throws IOException {
        write("one", "two", "three");
        byte[] whole = Files.readAllBytes(file);

        for (int offset = 0; offset < whole.length; offset++) {
            byte[] changed = whole.clone();
            changed[offset] ^= 0x20;
            Files.write(file, changed);
            assertThat(Journal.open(file))
                    .as("byte %d", offset)
                    .isInstanceOfSatisfying(
                            Refused.class,
                            refused -> {
                                assertThat(refused.file()).isEqualTo(file);
                                assertThat(refused.message())
                                        .contains(file.toString(), "offset " + refused.offset());
                            });
            assertThat(Files.readAllBytes(file)).isEqualTo(changed);
        }
    }

    @Test
    void a_damaged_record_is_named_by_its_offset() throws IOException {
        write("one");
        int second = (int) Files.size(file);
        write("two", "three");
        byte[] changed = Files.readAllBytes(file);
        changed[second + JournalFormat.RECORD_HEADER_BYTES] ^= 1;
        Files.write(file, changed);

        assertThat(Journal.open(file))
                .isEqualTo(new Refused(file, second, new Damage.PayloadChecksum()));
    }

    @Test
    void a_journal_of_a_newer_agent_is_refused() throws IOException {
        ByteBuffer header = ByteBuffer.allocate(JournalFormat.HEADER_BYTES);
        header.put("TLVMJRNL".getBytes(UTF_8)).putInt(2);
        CRC32C crc = new CRC32C();
        crc.update(header.array(), 0, 12);
        Files.write(file, header.putInt((int) crc.getValue()).array());

        assertThat(Journal.open(file))
                .isEqualTo(new Refused(file, 8, new Damage.FutureVersion(2, 1)));
    }

    @Test
    void some_other_file_is_refused() throws IOException {
        Files.writeString(file, "these are the notes of an administrator\n");

        assertThat(Journal.open(file)).isEqualTo(new Refused(file, 0, new Damage.NotAJournal()));
    }

    @Test
    void a_sample_of_version_1_still_loads() throws IOException {
        Files.write(
                file,
                HexFormat.of()
                        .parseHex(
                                "544c564d4a524e4c0000000142bbd848"
                                    + "000000079cad2f2c7595b957434c41494d20370000000930d5900b7252c1cd544f4d4253544f4e45"));

        assertThat(records()).containsExactly("CLAIM 7", "TOMBSTONE");
    }

    @Test
    void compaction_replaces_all_records_and_the_journal_goes_on() throws IOException {
        write("one", "two");
        Files.writeString(directory.resolve(".new-vm.journal"), "left by a crash");

        try (Journal journal = opened().journal()) {
            long before = journal.size();
            journal.compact(List.of("sum".getBytes(UTF_8)));
            assertThat(journal.size()).isLessThan(before);
            journal.append("next".getBytes(UTF_8));
        }

        assertThat(records()).containsExactly("sum", "next");
        try (var names = Files.list(directory)) {
            assertThat(names).containsExactly(file);
        }
    }

    @Test
    void a_closed_journal_takes_no_record() throws IOException {
        Journal journal = opened().journal();
        journal.close();

        assertThatThrownBy(() -> journal.append(new byte[] {1}))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("takes no more records");
    }

    @Test
    void empty_and_oversized_records_are_refused() throws IOException {
        try (Journal journal = opened().journal()) {
            assertThatThrownBy(() -> journal.append(new byte[0]))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> journal.append(new byte[(1 << 20) + 1]))
                    .isInstanceOf(IllegalArgumentException.class);
            journal.append(new byte[1 << 20]);
        }
        assertThat(opened().records()).hasSize(1);
    }

    @Test
    void a_symbolic_link_is_not_followed() throws IOException {
        Path elsewhere = directory.resolve("elsewhere");
        Files.createSymbolicLink(file, elsewhere);

        assertThatThrownBy(() -> Journal.open(file)).isInstanceOf(IOException.class);
        assertThat(Files.exists(elsewhere, LinkOption.NOFOLLOW_LINKS)).isFalse();
    }

    private Journal expectTorn(long offset, long bytes) throws IOException {
        if (!(Journal.open(file)
                instanceof
                Opened(Journal journal, List<byte[]> records, Optional<TornTail> torn))) {
            throw new AssertionError("refused");
        }
        assertThat(records).hasSize(2);
        assertThat(torn).contains(new TornTail(offset, bytes));
        return journal;
    }

    private void write(String... records) throws IOException {
        try (Journal journal = opened().journal()) {
            for (String record : records) {
                journal.append(record.getBytes(UTF_8));
            }
        }
    }

    private List<String> records() throws IOException {
        Opened opened = opened();
        opened.journal().close();
        return opened.records().stream().map(record -> new String(record, UTF_8)).toList();
    }

    private Opened opened() throws IOException {
        return switch (Journal.open(file)) {
            case Opened opened -> opened;
            case Refused refused -> throw new AssertionError(refused.message());
        };
    }
}
