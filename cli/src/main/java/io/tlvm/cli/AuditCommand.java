package io.tlvm.cli;

import io.tlvm.cli.audit.ChainFile;
import io.tlvm.cli.audit.ServedChain;
import io.tlvm.cli.problem.Problem;
import io.tlvm.cli.problem.ProblemException;
import io.tlvm.compute.v1.AuditHead;
import io.tlvm.compute.v1.GetAuditHeadRequest;
import io.tlvm.compute.v1.ListAuditRecordsRequest;
import io.tlvm.compute.v1.ListAuditRecordsResponse;
import io.tlvm.foundation.audit.AuditVerifier;
import io.tlvm.foundation.audit.AuditVerifier.Whole;
import io.tlvm.foundation.audit.ChainBrokenException;
import io.tlvm.foundation.audit.Checkpoints;
import io.tlvm.foundation.signature.SignatureCheck;
import io.tlvm.foundation.signature.SignatureRefusedException;
import io.tlvm.type.v1.SignedStatement;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.nio.file.Path;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;

/** {@code tlvm audit}. */
@Command(
        name = "audit",
        description = "Who changed what, in a chain that cannot be changed unseen.")
final class AuditCommand {
    private final Session session;

    AuditCommand(Session session) {
        this.session = session;
    }

    @Command(name = "list", aliases = "ls", description = "List records, oldest first.")
    int list(
            @Option(
                            names = "--vm",
                            paramLabel = "NAME",
                            description = "of a VM, deleted ones too, by its name or uid")
                    @Nullable String vm,
            @Option(
                            names = "--since",
                            paramLabel = "TIME",
                            description = "from this time on, such as 2026-11-24T08:00:00Z")
                    @Nullable Instant since,
            @Option(names = "--until", paramLabel = "TIME", description = "before this time")
                    @Nullable Instant until,
            @Option(
                            names = "--limit",
                            defaultValue = "2147483647",
                            showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER,
                            description = "at most so many")
                    int limit) {
        var request = ListAuditRecordsRequest.newBuilder();
        if (vm != null) {
            request.setVirtualMachine(isUid(vm) ? vm : session.names().vm(vm));
        }
        if (since != null) {
            request.getStartTimeBuilder()
                    .setSeconds(since.getEpochSecond())
                    .setNanos(since.getNano());
        }
        if (until != null) {
            request.getEndTimeBuilder()
                    .setSeconds(until.getEpochSecond())
                    .setNanos(until.getNano());
        }
        session.printer()
                .list(
                        session.views().auditRecord(),
                        session.calls()
                                .list(
                                        token ->
                                                session.services()
                                                        .audit()
                                                        .listAuditRecords(
                                                                request.setPageToken(token)
                                                                        .build()),
                                        ListAuditRecordsResponse::getRecordsList,
                                        ListAuditRecordsResponse::getNextPageToken,
                                        limit));
        return 0;
    }

    private static boolean isUid(String text) {
        return text.matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    }

    @Command(
            name = "verify",
            description = {
                "Read the whole chain and check every hash and signature here, not on the service.",
                "Exit status 9 and the first bad record if one was deleted, edited, inserted, moved"
                        + " or cut off.",
                "Only a checkpoint that was kept elsewhere finds a chain whose end was cut off"
                        + " together with the checkpoints over it, or that was written anew."
            })
    int verify(
            @Mixin AuthorityOption authority,
            @Option(
                            names = "--checkpoint",
                            paramLabel = "FILE",
                            description = "what audit checkpoint wrote; may be repeated")
                    @Nullable List<Path> checkpoints,
            @Option(
                            names = "--file",
                            paramLabel = "FILE",
                            description = "what audit export wrote, instead of the service's chain")
                    @Nullable Path file) {
        var verifier =
                new AuditVerifier(
                        new SignatureCheck(authority.authorities(session)),
                        session.settings().trustDomain());
        for (Path kept : checkpoints == null ? List.<Path>of() : checkpoints) {
            try {
                verifier.expect(ChainFile.readCheckpoint(kept));
            } catch (SignatureRefusedException refused) {
                throw proves(kept.toString(), refused);
            }
        }
        try {
            if (file != null) {
                ChainFile.read(file, verifier::take);
            } else {
                served().read(verifier);
            }
            session.printer().text(words(verifier.end()));
            return 0;
        } catch (ChainBrokenException broken) {
            throw new ProblemException(
                    Problem.chainBroken(
                            String.valueOf(broken.getMessage()),
                            "keep the database and every export as evidence; compare with an"
                                    + " older export"),
                    broken);
        }
    }

    private static String words(Whole whole) {
        return "whole: %d records, %s\ncheckpoints: %s\nhand-overs: %d proven%s"
                .formatted(
                        whole.records(),
                        "last hash " + HexFormat.of().formatHex(whole.hash().toByteArray()),
                        whole.coveredUntil()
                                .map(
                                        time ->
                                                "%d hold, the newest, of %s, covers record %d"
                                                        .formatted(
                                                                whole.checkpoints(),
                                                                time,
                                                                whole.covered()))
                                .orElse("none: nothing but its own hashes speaks for the chain"),
                        whole.handOvers(),
                        whole.unproven() == 0
                                ? ""
                                : ", %d without a receipt".formatted(whole.unproven()));
    }

    @Command(
            name = "export",
            description = "Write the chain as it is stored, for audit verify --file.")
    int export(
            @Option(
                            names = "--file",
                            required = true,
                            paramLabel = "FILE",
                            description = "a new file")
                    Path file) {
        session.refuseDryRun("audit export");
        ChainFile.write(file, served()::read);
        session.progress().say("written: " + file);
        return 0;
    }

    @Command(
            name = "checkpoint",
            description =
                    "Write the newest signed checkpoint. Keep it where nobody who can change the"
                            + " database can change it.")
    int checkpoint(
            @Option(
                            names = "--file",
                            required = true,
                            paramLabel = "FILE",
                            description = "a new file")
                    Path file,
            @Mixin AuthorityOption authority) {
        session.refuseDryRun("audit checkpoint");
        AuditHead head =
                session.calls()
                        .repeatable(
                                () ->
                                        session.services()
                                                .audit()
                                                .getAuditHead(
                                                        GetAuditHeadRequest.getDefaultInstance()));
        if (!head.hasCheckpoint()) {
            throw new ProblemException(
                    Problem.state(
                            "vm-service has signed no checkpoint yet",
                            "try again in a minute; it signs when something was recorded"));
        }
        SignedStatement signed = head.getCheckpoint();
        try {
            var said =
                    new Checkpoints(
                                    new SignatureCheck(authority.authorities(session)),
                                    session.settings().trustDomain())
                            .read(signed);
            ChainFile.writeCheckpoint(file, signed);
            session.progress()
                    .say(
                            "written: %s, of %s, covers record %d"
                                    .formatted(file, said.time(), said.sequence()));
            return 0;
        } catch (SignatureRefusedException refused) {
            throw proves("the service's checkpoint", refused);
        }
    }

    private static ProblemException proves(String what, SignatureRefusedException refused) {
        return new ProblemException(
                Problem.chainBroken(
                        what + " proves nothing: " + refused.why(),
                        "check --ca and --trust-domain, or take another checkpoint"),
                refused);
    }

    private ServedChain served() {
        return new ServedChain(session.services(), session.calls());
    }
}
