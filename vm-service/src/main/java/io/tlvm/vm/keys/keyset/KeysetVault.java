package io.tlvm.vm.keys.keyset;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;

import io.tlvm.foundation.file.FileOwner;
import io.tlvm.foundation.keyset.ContextInfo;
import io.tlvm.foundation.keyset.KeysetFile;
import io.tlvm.foundation.keyset.RecoveryKey;
import io.tlvm.vm.keys.KeyVault;
import io.tlvm.vm.keys.KeyWrap;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;

/**
 * The recovery key in a file beside this service: {@code recovery.keyset}, mode 0600, in a
 * directory that nobody else can write in. Whoever has the file and the database opens the state of
 * every VM; whoever loses it can recover none whose node is lost.
 */
public final class KeysetVault implements KeyVault {
    private static final String FILE = "recovery.keyset";
    private static final int ID_DIGITS = 16;

    private final KeysetFile keys;
    private final RecoveryKey current;

    private KeysetVault(KeysetFile keys) {
        this.keys = keys;
        this.current = new RecoveryKey(id(keys.publicKey()), ByteString.copyFrom(keys.publicKey()));
    }

    /**
     * Opens the vault; at the very first start it is made.
     *
     * @param directory of the keyset; made with mode 0700 where it is missing
     * @param registered the recovery key that the cluster's wraps are for; empty at the first start
     * @throws IllegalStateException when the file cannot be used, or is missing although wraps for
     *     its key are kept: a new key would open none of them
     */
    public static KeysetVault open(Path directory, Optional<RecoveryKey> registered) {
        Path vault = directory.toAbsolutePath();
        Path file = vault.resolve(FILE);
        try {
            prepare(vault);
            Optional<KeysetFile> kept = KeysetFile.load(file);
            if (kept.isPresent()) {
                return new KeysetVault(kept.get());
            }
            if (registered.isPresent()) {
                throw new IllegalStateException(
                        "the key vault %s is missing, but the database has wraps for its key %s. Restore the file: without it no VM of a lost node can be recovered."
                                .formatted(file, registered.get().id()));
            }
            return new KeysetVault(KeysetFile.create(file));
        } catch (IOException unusable) {
            throw new IllegalStateException(
                    "the key vault %s is not used: %s. Correct what the message names, or restore the file."
                            .formatted(file, unusable.getMessage()),
                    unusable);
        }
    }

    private static void prepare(Path directory) throws IOException {
        if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            Files.createDirectory(
                    directory,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
        }
        Set<PosixFilePermission> mode =
                Files.getPosixFilePermissions(directory, LinkOption.NOFOLLOW_LINKS);
        if (mode.contains(PosixFilePermission.GROUP_WRITE)
                || mode.contains(PosixFilePermission.OTHERS_WRITE)) {
            throw new IOException(
                    "others can write in %s (mode %s)"
                            .formatted(directory, PosixFilePermissions.toString(mode)));
        }
        if (!FileOwner.of(directory).equals(FileOwner.ofThisProcess())) {
            throw new IOException("%s belongs to %s".formatted(directory, FileOwner.of(directory)));
        }
    }

    /** Of the key itself, so that no two keys have one id. */
    private static String id(byte[] publicKey) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update("tlvm/recovery-key-id/1".getBytes(UTF_8));
            return HexFormat.of().formatHex(digest.digest(publicKey)).substring(0, ID_DIGITS);
        } catch (NoSuchAlgorithmException missing) {
            throw new IllegalStateException("every Java has SHA-256", missing);
        }
    }

    @Override
    public RecoveryKey current() {
        return current;
    }

    @Override
    public byte[] unwrap(KeyWrap wrap, ContextInfo purpose) throws GeneralSecurityException {
        if (!wrap.recipient().equals(current.recipient())) {
            throw new GeneralSecurityException("it has only the key " + current.id());
        }
        return keys.open(wrap.sealed().toByteArray(), purpose);
    }
}
