package io.tlvm.vm.keys.keyset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

class KeysetVaultTest {
    private Path directory;
    private Path file;

    @BeforeEach
    void name_the_directory(@TempDir Path temporary) {
        directory = temporary.resolve("vault");
        file = directory.resolve("recovery.keyset");
    }

    @Test
    void the_first_start_makes_a_key_that_its_owner_alone_reads_and_later_starts_use()
            throws IOException {
        KeysetVault first = KeysetVault.open(directory, Optional.empty());
        KeysetVault again = KeysetVault.open(directory, Optional.of(first.current()));

        assertThat(again.current()).isEqualTo(first.current());
        assertThat(mode(file)).isEqualTo("rw-------");
        assertThat(mode(directory)).isEqualTo("rwx------");
    }

    @Test
    void a_lost_file_is_never_replaced_by_a_new_key() throws IOException {
        KeysetVault first = KeysetVault.open(directory, Optional.empty());
        Files.delete(file);

        assertThatThrownBy(() -> KeysetVault.open(directory, Optional.of(first.current())))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining(first.current().id());
        assertThat(file).doesNotExist();
    }

    @Test
    void a_file_that_others_may_read_is_not_used() throws IOException {
        var unused = KeysetVault.open(directory, Optional.empty());
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));

        assertThatThrownBy(() -> KeysetVault.open(directory, Optional.empty()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("rw-r-----");
    }

    @Test
    void a_directory_that_others_may_write_in_is_not_used() throws IOException {
        Files.createDirectory(directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwx---"));

        assertThatThrownBy(() -> KeysetVault.open(directory, Optional.empty()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("others can write");
        assertThat(file).doesNotExist();
    }

    @Test
    void a_damaged_file_is_named_and_left_as_it_is() throws IOException {
        var unused = KeysetVault.open(directory, Optional.empty());
        byte[] content = Files.readAllBytes(file);
        Files.write(file, java.util.Arrays.copyOf(content, content.length / 2));

        assertThatThrownBy(() -> KeysetVault.open(directory, Optional.empty()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(file.toString());
        assertThat(file).hasSize(content.length / 2);
    }

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}
