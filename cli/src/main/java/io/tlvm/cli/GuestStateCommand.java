package io.tlvm.cli;

import io.tlvm.cli.backup.BackupFile;
import io.tlvm.cli.backup.RecipientKeys;
import io.tlvm.cli.drill.DrillFailed;
import io.tlvm.cli.drill.SwtpmMissing;
import io.tlvm.cli.drill.TpmDrill;
import io.tlvm.cli.output.GuestStateViews;
import io.tlvm.cli.problem.Problem;
import io.tlvm.cli.problem.ProblemException;
import io.tlvm.compute.v1.BackupGuestStateRequest;
import io.tlvm.compute.v1.GetVirtualMachineRequest;
import io.tlvm.foundation.backup.Backup;
import io.tlvm.foundation.backup.BackupPayload;
import io.tlvm.foundation.backup.BackupReader;
import io.tlvm.foundation.backup.RecipientKey;
import io.tlvm.foundation.keyset.KeysetFile;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

import javax.net.ssl.X509TrustManager;

/** {@code tlvm guest-state}: vTPM and UEFI variables of VMs, and backups of them. */
@Command(
        name = "guest-state",
        description = "Guest state of VMs: backups, and whether they would help.")
final class GuestStateCommand {

    private final Session session;

    GuestStateCommand(Session session) {
        this.session = session;
    }

    @Command(
            name = "show",
            description = "Where a VM's guest state is, and since when it is protected or not.")
    int show(@Parameters(paramLabel = "VM") String name) {
        var request =
                GetVirtualMachineRequest.newBuilder().setName(session.names().vm(name)).build();
        session.printer()
                .details(
                        GuestStateViews.machine(),
                        session.calls()
                                .repeatable(
                                        () -> session.services().vms().getVirtualMachine(request)));
        return 0;
    }

    @Command(
            name = "keygen",
            description = {
                "Make a key pair that backups can be made for: FILE, which opens them, and"
                        + " FILE.pub.",
                "Keep FILE where no cluster is lost with it."
            })
    int keygen(
            @Option(
                            names = "--out",
                            paramLabel = "FILE",
                            required = true,
                            description = "file of the private half; nothing is replaced")
                    Path file) {
        session.refuseDryRun("guest-state keygen");
        RecipientKey key = RecipientKeys.make(file);
        session.printer().text(RecipientKeys.publicHalf(file) + " " + key.id());
        return 0;
    }

    @Command(
            name = "backup",
            description = {
                "Make a backup of a VM that is stopped or running; for administrators.",
                "It is signed by the VM's node; only the given keys open it."
            })
    int backup(
            @Parameters(paramLabel = "VM") String name,
            @Option(
                            names = "--recipient",
                            paramLabel = "PUB",
                            description =
                                    "public key of who can open it, several times if need be;"
                                            + " default: the cluster's recovery key")
                    @Nullable List<Path> recipients,
            @Option(
                            names = "--out",
                            paramLabel = "FILE",
                            required = true,
                            description = "file of the backup; nothing is replaced")
                    Path target) {
        session.refuseDryRun("guest-state backup");
        BackupFile file = new BackupFile(target);
        file.requireNew();
        var request = BackupGuestStateRequest.newBuilder().setName(session.names().vm(name));
        for (Path recipient : recipients == null ? List.<Path>of() : recipients) {
            request.addRecipients(RecipientKeys.readPublic(recipient).publicKey());
        }
        BackupReader reader = reader(AuthorityOption.own(session));
        byte[] content =
                session.calls()
                        .repeatable(
                                () ->
                                        session.services()
                                                .guestState()
                                                .backupGuestState(request.build()))
                        .getBundle()
                        .toByteArray();
        Backup backup = file.accepted(content, reader);
        file.write(content);
        session.printer().details(GuestStateViews.backup(), backup.header());
        return 0;
    }

    @Command(
            name = "verify",
            description = {
                "Say whether a backup is whole and whose it is; with its key also what it holds.",
                "Exit status 9 if it is not."
            })
    int verify(
            @Parameters(paramLabel = "FILE") Path source,
            @Option(
                            names = "--key",
                            paramLabel = "KEY",
                            description = "private key: decrypts it and compares")
                    @Nullable Path key,
            @Mixin AuthorityOption authority) {
        BackupFile file = new BackupFile(source);
        Backup backup = file.read(reader(authority.authorities(session)));
        if (key != null) {
            file.open(backup, RecipientKeys.readPrivate(key)).close();
        }
        session.printer().details(GuestStateViews.backup(), backup.header());
        said(
                key == null
                        ? "signature and structure are right; it was not decrypted (--key)"
                        : "signature, structure and content are right");
        return 0;
    }

    @Command(
            name = "drill",
            description = {
                "Start the TPM of a backup here, offline, and compare its endorsement key; needs"
                        + " swtpm.",
                "What was started is destroyed. Exit status 9 if it is not the VM's TPM."
            })
    int drill(
            @Parameters(paramLabel = "FILE") Path source,
            @Option(
                            names = "--key",
                            paramLabel = "KEY",
                            required = true,
                            description = "private key that the backup was made for")
                    Path key,
            @Mixin AuthorityOption authority) {
        BackupFile file = new BackupFile(source);
        KeysetFile opener = RecipientKeys.readPrivate(key);
        Backup backup = file.read(reader(authority.authorities(session)));
        try (BackupPayload payload = file.open(backup, opener)) {
            if (payload.tpm().isEmpty()) {
                said("the content is right; this VM has no vTPM that could be started");
            } else {
                requireSameTpm(source, backup, payload.tpm().get());
                said("swtpm took the state, and it is the VM's TPM");
            }
        }
        session.printer().details(GuestStateViews.backup(), backup.header());
        return 0;
    }

    private static void requireSameTpm(Path source, Backup backup, BackupPayload.TpmState state) {
        String found;
        try {
            found = sha256(TpmDrill.endorsementKeyCertificate(state));
        } catch (DrillFailed failed) {
            throw new ProblemException(
                    Problem.guestState(
                            source + ": its TPM does not start: " + failed.getMessage(),
                            "do not rely on it; make another backup"),
                    failed);
        } catch (SwtpmMissing missing) {
            throw new ProblemException(
                    Problem.state(
                            "the drill was not held: " + missing.getMessage(),
                            "install swtpm, or hold it on another machine"),
                    missing);
        } catch (IOException unusable) {
            throw new ProblemException(
                    Problem.failed(
                            "no directory for the drill: " + unusable.getMessage(),
                            "make room in /dev/shm or the temporary directory"),
                    unusable);
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
            throw new ProblemException(Problem.failed("the drill was interrupted", ""), hurry);
        }
        if (!found.equals(backup.header().getEkFingerprint())) {
            throw new ProblemException(
                    Problem.guestState(
                            "%s: its TPM has endorsement key %s, the VM's has %s"
                                    .formatted(source, found, backup.header().getEkFingerprint()),
                            "do not use it; make another backup"));
        }
    }

    private static String sha256(byte[] certificate) {
        try {
            return "sha256:"
                    + HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(certificate));
        } catch (NoSuchAlgorithmException everyJdkHasIt) {
            throw new IllegalStateException(everyJdkHasIt);
        }
    }

    private static BackupReader reader(X509TrustManager authorities) {
        return new BackupReader(List.of(authorities.getAcceptedIssuers()));
    }

    private void said(String sentence) {
        if (!session.options().quiet) {
            session.host().err().println(sentence);
        }
    }
}
