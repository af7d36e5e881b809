package io.tlvm.cli.backup;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import io.tlvm.cli.problem.Problem;
import io.tlvm.cli.problem.ProblemException;
import io.tlvm.foundation.backup.RecipientKey;
import io.tlvm.foundation.keyset.KeysetFile;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;

/** Key pairs of those who keep backups: a private file (0600), and its public half beside it. */
public final class RecipientKeys {
    private static final String PUBLIC = ".pub";

    private RecipientKeys() {}

    /**
     * Makes a key pair; nothing is ever replaced.
     *
     * @param file of the private half; the public one gets its name and {@code .pub}
     */
    public static RecipientKey make(Path file) {
        Path open = publicHalf(file);
        for (Path taken : List.of(file, open)) {
            if (Files.exists(taken, LinkOption.NOFOLLOW_LINKS)) {
                throw new ProblemException(
                        Problem.exists(
                                taken + " exists already; a key is never replaced",
                                "name another file with --out"));
            }
        }
        try {
            RecipientKey key = RecipientKey.of(KeysetFile.create(file).publicKey());
            Files.writeString(open, key.pem(), US_ASCII, CREATE_NEW, WRITE);
            return key;
        } catch (IOException failed) {
            throw new ProblemException(
                    Problem.failed(
                            "cannot write " + file + ": " + failed.getMessage(),
                            "name a file in a directory of yours"),
                    failed);
        }
    }

    /** Where the public half of a key is. */
    public static Path publicHalf(Path file) {
        return file.resolveSibling(file.getFileName() + PUBLIC);
    }

    /** Reads a public half. */
    public static RecipientKey readPublic(Path file) {
        try {
            return RecipientKey.parsePem(Files.readString(file, US_ASCII));
        } catch (IOException | IllegalArgumentException wrong) {
            throw new ProblemException(
                    Problem.usage(
                            file + " is no public key: " + wrong.getMessage(),
                            "make one with: tlvm guest-state keygen --out FILE, and give FILE.pub"),
                    wrong);
        }
    }

    /** Reads a private half; also a recovery.keyset of a cluster's key vault. */
    public static KeysetFile readPrivate(Path file) {
        try {
            return KeysetFile.load(file)
                    .orElseThrow(
                            () ->
                                    new ProblemException(
                                            Problem.usage(
                                                    "there is no key " + file,
                                                    "give the file that keygen made")));
        } catch (IOException wrong) {
            throw new ProblemException(
                    Problem.usage(
                            "key " + file + " cannot be used: " + wrong.getMessage(),
                            "it is a file of yours that nobody else can read (chmod 600)"),
                    wrong);
        }
    }
}
