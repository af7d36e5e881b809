package io.tlvm.cli.backup;

import io.tlvm.cli.problem.Problem;
import io.tlvm.cli.problem.ProblemException;
import io.tlvm.foundation.backup.Backup;
import io.tlvm.foundation.backup.BackupPayload;
import io.tlvm.foundation.backup.BackupReader;
import io.tlvm.foundation.backup.BackupRefusal;
import io.tlvm.foundation.backup.BackupRefused;
import io.tlvm.foundation.file.DurableFile;
import io.tlvm.foundation.file.FileOwner;
import io.tlvm.foundation.keyset.KeysetFile;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * A backup on this machine.
 *
 * @param path where it is, or will be
 */
public record BackupFile(Path path) {

    /**
     * Sees that the file can be made, before anything is asked of anybody.
     *
     * @throws ProblemException when something has the name already
     */
    public void requireNew() {
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            throw new ProblemException(
                    Problem.exists(path + " exists already", "name another file with --out"));
        }
    }

    /**
     * Writes it, durably, for its owner alone (0600).
     *
     * @throws ProblemException when it cannot be written
     */
    public void write(byte[] content) {
        try {
            DurableFile.replace(path, content, FileOwner.ofThisProcess());
        } catch (IOException failed) {
            throw new ProblemException(
                    Problem.failed(
                            "cannot write " + path + ": " + failed.getMessage(),
                            "name a file in a directory that exists and has room"),
                    failed);
        }
    }

    /**
     * Reads and verifies it.
     *
     * @throws ProblemException when it cannot be read, or is not accepted
     */
    public Backup read(BackupReader reader) {
        byte[] content;
        try (var in = Files.newInputStream(path)) {
            content = in.readNBytes(BackupReader.maxLength() + 1);
        } catch (IOException unreadable) {
            throw new ProblemException(
                    Problem.usage("cannot read " + path, "give the path of a backup"), unreadable);
        }
        return accepted(content, reader);
    }

    /**
     * Verifies what is to be written here.
     *
     * @throws ProblemException when it is not accepted
     */
    public Backup accepted(byte[] content, BackupReader reader) {
        try {
            return reader.read(content);
        } catch (BackupRefused refused) {
            throw problem(refused.why());
        }
    }

    /**
     * Decrypts it; the caller closes the payload.
     *
     * @throws ProblemException when the key is another one, or it does not hold what it says
     */
    public BackupPayload open(Backup backup, KeysetFile key) {
        try {
            return backup.open(key);
        } catch (BackupRefused refused) {
            throw problem(refused.why());
        }
    }

    private ProblemException problem(BackupRefusal why) {
        return new ProblemException(
                switch (why) {
                    case BackupRefusal.OtherRecipient _ ->
                            Problem.usage(
                                    path + ": " + why.message(),
                                    "give the file of one of these keys with --key");
                    case BackupRefusal.ForeignSigner _ ->
                            Problem.guestState(
                                    path + ": " + why.message(),
                                    "if it is of another cluster, give that cluster's ca.crt with"
                                            + " --ca");
                    case BackupRefusal.UnknownFormat _ ->
                            Problem.guestState(path + ": " + why.message(), "use a newer tlvm");
                    case BackupRefusal.NotABackup _,
                            BackupRefusal.TooLarge _,
                            BackupRefusal.NotGenuine _,
                            BackupRefusal.Malformed _,
                            BackupRefusal.PayloadDiffers _,
                            BackupRefusal.UnusableRecipient _ ->
                            Problem.guestState(
                                    path + ": " + why.message(),
                                    "use another backup, and find out who changed this one");
                });
    }
}
