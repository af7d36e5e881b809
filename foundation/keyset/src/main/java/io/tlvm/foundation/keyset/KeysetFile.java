package io.tlvm.foundation.keyset;

import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.TinkProtoKeysetFormat;
import com.google.crypto.tink.hybrid.HybridConfig;

import io.tlvm.foundation.file.DurableFile;
import io.tlvm.foundation.file.FileOwner;
import io.tlvm.foundation.file.StableRead;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Optional;

/** An HPKE key pair in a file that its owner alone may read (0600). It is never replaced. */
public final class KeysetFile {
    private static final String MODE = "rw-------";
    private static final int FILE_MAX = 64 * 1024;

    private final KeysetHandle keyset;
    private final byte[] publicKey;

    private KeysetFile(KeysetHandle keyset, byte[] publicKey) {
        this.keyset = keyset;
        this.publicKey = publicKey;
    }

    /**
     * Reads the file; empty when there is none.
     *
     * @throws IOException when it cannot be read, is readable for others, or is no keyset of ours;
     *     the message says only why, the caller knows which file it is and what to do
     */
    public static Optional<KeysetFile> load(Path file) throws IOException {
        return switch (StableRead.read(file, FILE_MAX)) {
            case StableRead.Outcome.Missing _ -> Optional.empty();
            case StableRead.Outcome.Stable(byte[] content) -> {
                requirePrivate(file);
                yield Optional.of(parse(content));
            }
            case StableRead.Outcome.NotRegular _ ->
                    throw new IOException("it is no regular file with one name");
            case StableRead.Outcome.TooLarge(long size, int max) ->
                    throw new IOException("it has %d bytes, more than %d".formatted(size, max));
            case StableRead.Outcome.Changing _ ->
                    throw new IOException("another process keeps writing it");
        };
    }

    /**
     * Makes a new key pair and keeps it, durably.
     *
     * @param file where; its directory exists and belongs to this process
     * @throws IOException when it cannot be written, or does not read back
     */
    public static KeysetFile create(Path file) throws IOException {
        KeysetHandle keyset = Hpke.generate();
        byte[] content;
        try {
            content = TinkProtoKeysetFormat.serializeKeyset(keyset, InsecureSecretKeyAccess.get());
        } catch (GeneralSecurityException broken) {
            throw new IllegalStateException(
                    "a keyset that was just made cannot be written", broken);
        }
        try {
            DurableFile.replace(file, content, FileOwner.ofThisProcess());
            // What counts is what the next start will read.
            if (StableRead.read(file, FILE_MAX) instanceof StableRead.Outcome.Stable(byte[] read)
                    && Arrays.equals(read, content)) {
                return parse(read);
            }
            throw new IOException("it does not hold what was just written");
        } finally {
            Arrays.fill(content, (byte) 0);
        }
    }

    private static KeysetFile parse(byte[] content) throws IOException {
        try {
            HybridConfig.register();
            KeysetHandle keyset =
                    TinkProtoKeysetFormat.parseKeyset(content, InsecureSecretKeyAccess.get());
            return new KeysetFile(keyset, Hpke.publicKey(keyset));
        } catch (GeneralSecurityException notOurs) {
            throw new IOException("it is no keyset of this program", notOurs);
        }
    }

    private static void requirePrivate(Path file) throws IOException {
        String mode =
                PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS));
        if (!mode.equals(MODE)) {
            throw new IOException("its mode is %s, not %s".formatted(mode, MODE));
        }
        if (!FileOwner.of(file).equals(FileOwner.ofThisProcess())) {
            throw new IOException("it belongs to " + FileOwner.of(file));
        }
    }

    /** The public half, 32 bytes (X25519). */
    public byte[] publicKey() {
        return publicKey.clone();
    }

    /**
     * Opens what was sealed to the public half.
     *
     * @return the secret; the caller wipes it
     * @throws GeneralSecurityException when it was changed, sealed to another key, or for another
     *     purpose
     */
    public byte[] open(byte[] sealed, ContextInfo context) throws GeneralSecurityException {
        return Hpke.open(keyset, sealed, context);
    }

    /** Says only what it is. */
    @Override
    public String toString() {
        return "KeysetFile[...]";
    }
}
