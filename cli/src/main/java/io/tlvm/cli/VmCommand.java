package io.tlvm.cli;

import io.tlvm.cli.input.Durations;
import io.tlvm.cli.problem.Problem;
import io.tlvm.cli.problem.ProblemException;
import io.tlvm.compute.v1.DeleteVirtualMachineRequest;
import io.tlvm.compute.v1.GetVirtualMachineRequest;
import io.tlvm.compute.v1.ListVirtualMachinesRequest;
import io.tlvm.compute.v1.ListVirtualMachinesResponse;
import io.tlvm.compute.v1.MigrateVirtualMachineRequest;
import io.tlvm.compute.v1.RestartVirtualMachineRequest;
import io.tlvm.compute.v1.StartVirtualMachineRequest;
import io.tlvm.compute.v1.StopVirtualMachineRequest;
import io.tlvm.compute.v1.UndeleteVirtualMachineRequest;
import io.tlvm.compute.v1.VirtualMachine;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.time.Duration;
import java.util.List;

/** {@code tlvm vm}; create has a class of its own. */
@Command(name = "vm", description = "Virtual machines.")
final class VmCommand {

    private static final Duration KEPT_NOT_AT_ALL = Duration.ZERO;

    private final Session session;

    /** How a running guest is asked to end. */
    enum StopMode {
        /** ACPI power button, forced after a while. */
        GRACEFUL,
        /** At once. */
        FORCED;

        StopVirtualMachineRequest.Mode toProto() {
            return switch (this) {
                case GRACEFUL -> StopVirtualMachineRequest.Mode.MODE_GRACEFUL;
                case FORCED -> StopVirtualMachineRequest.Mode.MODE_FORCED;
            };
        }
    }

    /** How a VM moves. */
    enum MigrateMode {
        /** The guest runs on. */
        LIVE,
        /** The guest is off. */
        COLD;

        MigrateVirtualMachineRequest.Mode toProto() {
            return switch (this) {
                case LIVE -> MigrateVirtualMachineRequest.Mode.MODE_LIVE;
                case COLD -> MigrateVirtualMachineRequest.Mode.MODE_COLD;
            };
        }
    }

    VmCommand(Session session) {
        this.session = session;
    }

    @Command(
            name = "list",
            aliases = "ls",
            description = "List VMs with the security that is in effect.")
    int list(
            @Option(names = "--show-deleted", description = "also VMs that can be undeleted")
                    boolean showDeleted,
            @Option(
                            names = "--limit",
                            defaultValue = "2147483647",
                            showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER,
                            description = "at most so many")
                    int limit) {
        List<VirtualMachine> found =
                session.calls()
                        .list(
                                token ->
                                        session.services()
                                                .vms()
                                                .listVirtualMachines(
                                                        ListVirtualMachinesRequest.newBuilder()
                                                                .setParent(session.names().parent())
                                                                .setShowDeleted(showDeleted)
                                                                .setPageToken(token)
                                                                .build()),
                                ListVirtualMachinesResponse::getVirtualMachinesList,
                                ListVirtualMachinesResponse::getNextPageToken,
                                limit);
        session.printer().list(session.views().vm(), found);
        return 0;
    }

    @Command(name = "show", description = "Everything about a VM.")
    int show(@Parameters(paramLabel = "NAME") String name) {
        session.printer().details(session.views().vm(), get(name));
        return 0;
    }

    private VirtualMachine get(String name) {
        var request =
                GetVirtualMachineRequest.newBuilder().setName(session.names().vm(name)).build();
        return session.calls()
                .repeatable(() -> session.services().vms().getVirtualMachine(request));
    }

    @Command(name = "start", description = "Start a stopped VM.")
    int start(@Parameters(paramLabel = "NAME") String name) {
        session.refuseDryRun("vm start");
        var request = StartVirtualMachineRequest.newBuilder().setName(session.names().vm(name));
        session.mutate(
                id ->
                        session.services()
                                .vms()
                                .startVirtualMachine(request.setRequestId(id).build()));
        return 0;
    }

    @Command(name = "stop", description = "Stop a running VM.")
    int stop(
            @Parameters(paramLabel = "NAME") String name,
            @Option(names = "--mode", defaultValue = "graceful", description = "graceful or forced")
                    StopMode mode,
            @Option(names = "--force", description = "the same as --mode forced") boolean force,
            @Option(
                            names = "--graceful-timeout",
                            paramLabel = "DURATION",
                            description = "then it is forced (default: 60s)")
                    @Nullable Duration grace) {
        session.refuseDryRun("vm stop");
        var request =
                StopVirtualMachineRequest.newBuilder()
                        .setName(session.names().vm(name))
                        .setMode((force ? StopMode.FORCED : mode).toProto());
        if (grace != null) {
            request.setTimeout(Durations.toProto(grace));
        }
        session.mutate(
                id ->
                        session.services()
                                .vms()
                                .stopVirtualMachine(request.setRequestId(id).build()));
        return 0;
    }

    @Command(name = "restart", description = "Stop and start a VM.")
    int restart(
            @Parameters(paramLabel = "NAME") String name,
            @Option(names = "--mode", defaultValue = "graceful", description = "graceful or forced")
                    StopMode mode,
            @Option(names = "--force", description = "the same as --mode forced") boolean force) {
        session.refuseDryRun("vm restart");
        var request =
                RestartVirtualMachineRequest.newBuilder()
                        .setName(session.names().vm(name))
                        .setMode((force ? StopMode.FORCED : mode).toProto());
        session.mutate(
                id ->
                        session.services()
                                .vms()
                                .restartVirtualMachine(request.setRequestId(id).build()));
        return 0;
    }

    @Command(
            name = "delete",
            aliases = "rm",
            description = "Delete a VM; undelete restores it while its guest state is kept.")
    int delete(
            @Parameters(paramLabel = "NAME") String name,
            @Option(names = "--force", description = "stop it first when it runs") boolean force,
            @Option(
                            names = "--retain",
                            paramLabel = "DURATION",
                            description = "how long the guest state is kept (default: 7d)")
                    @Nullable Duration retain,
            @Option(names = "--destroy-guest-state", description = "the same as --retain 0")
                    boolean destroy,
            @Option(
                            names = "--etag",
                            defaultValue = "",
                            description = "only this version of the VM")
                    String etag,
            @Option(names = "--allow-missing", description = "succeed when there is no such VM")
                    boolean allowMissing) {
        session.refuseDryRun("vm delete");
        @Nullable Duration kept = destroy ? KEPT_NOT_AT_ALL : retain;
        var request =
                DeleteVirtualMachineRequest.newBuilder()
                        .setName(session.names().vm(name))
                        .setForce(force)
                        .setEtag(etag)
                        .setAllowMissing(allowMissing);
        if (kept != null) {
            request.setRetain(Durations.toProto(kept));
        }
        if (kept != null && kept.isZero()) {
            session.confirm("destroy the vTPM and UEFI variables of " + name + " for ever");
        } else if (session.host().terminalIn()) {
            session.confirm("delete " + name);
        }
        session.mutate(
                id ->
                        session.services()
                                .vms()
                                .deleteVirtualMachine(request.setRequestId(id).build()));
        return 0;
    }

    @Command(name = "undelete", description = "Restore a deleted VM.")
    int undelete(@Parameters(paramLabel = "NAME") String name) {
        session.refuseDryRun("vm undelete");
        var request = UndeleteVirtualMachineRequest.newBuilder().setName(session.names().vm(name));
        session.mutate(
                id ->
                        session.services()
                                .vms()
                                .undeleteVirtualMachine(request.setRequestId(id).build()));
        return 0;
    }

    @Command(name = "migrate", description = "Move a VM to another node.")
    int migrate(
            @Parameters(paramLabel = "NAME") String name,
            @Option(
                            names = "--target",
                            paramLabel = "NODE",
                            description = "default: the cluster chooses")
                    @Nullable String target,
            @Option(names = "--auto", description = "let the cluster choose") boolean auto,
            @Option(names = "--mode", defaultValue = "live", description = "live or cold")
                    MigrateMode mode,
            @Option(
                            names = "--bandwidth",
                            defaultValue = "0",
                            paramLabel = "MIB/S",
                            description = "limit of the memory stream; 0 is none")
                    long bandwidth,
            @Option(
                            names = "--migration-timeout",
                            paramLabel = "DURATION",
                            description = "then it is rolled back (default: 10m)")
                    @Nullable Duration limit) {
        if (auto && target != null) {
            throw new ProblemException(
                    Problem.usage("--auto and --target exclude each other", "leave one out"));
        }
        var request =
                MigrateVirtualMachineRequest.newBuilder()
                        .setName(session.names().vm(name))
                        .setTargetNode(target == null ? "" : session.names().node(target))
                        .setMode(mode.toProto())
                        .setBandwidthMibPerSecond(bandwidth)
                        .setValidateOnly(session.options().dryRun);
        if (limit != null) {
            request.setTimeout(Durations.toProto(limit));
        }
        session.mutate(
                id ->
                        session.services()
                                .vms()
                                .migrateVirtualMachine(request.setRequestId(id).build()));
        return 0;
    }

    @Command(name = "wait", description = "Wait until a VM is as wanted.")
    int waitFor(
            @Parameters(paramLabel = "NAME") String name,
            @Option(
                            names = "--for",
                            required = true,
                            paramLabel = "WISH",
                            description =
                                    "power=running, state=active, node=node-b, Condition=True, or"
                                            + " deleted")
                    String wish) {
        VmWish wanted = VmWish.parse(wish);
        session.printer().one(session.views().vm(), wanted.await(session, name, () -> get(name)));
        return 0;
    }

    @Command(name = "watch", description = "Print VMs as they change, until Ctrl-C.")
    int watch(
            @Option(
                            names = "--limit",
                            defaultValue = "2147483647",
                            showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER,
                            description = "end after so many events")
                    int limit,
            @Option(names = "--bookmarks", description = "also events that carry a token only")
                    boolean bookmarks,
            @Option(
                            names = "--resume-token",
                            defaultValue = "",
                            description = "go on after this event")
                    String token) {
        new VmWatch(session, bookmarks).follow(token, limit);
        return 0;
    }
}
