package io.tlvm.acceptance.bench;

import io.grpc.ManagedChannel;
import io.tlvm.acceptance.cluster.LocalStack;
import io.tlvm.acceptance.cluster.Project;
import io.tlvm.acceptance.cluster.Publisher;
import io.tlvm.acceptance.cluster.Tlvm;
import io.tlvm.foundation.tls.ChannelFactory;
import io.tlvm.foundation.tls.HostPort;
import io.tlvm.foundation.tls.PkiDirectory;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * The same services on the JVM, on the JVM with an AOT cache, and as native executables, one after
 * the other on the same data: how soon they are ready, what memory they take, how they answer.
 */
final class FormBench {
    private static final String NAME = "bench";
    private static final int STARTS = 3;
    private static final int CALLS = 1000;
    private static final Duration IDLE = Duration.ofSeconds(5);

    private final Project project;
    private final Consumer<String> say;
    private final int portBase;
    private final List<String> lines = new ArrayList<>();
    private String urn = "";

    FormBench(Project project, Consumer<String> say) {
        this.project = project;
        this.say = say;
        this.portBase = Integer.parseInt(System.getenv().getOrDefault("TLVM_PORT_BASE", "0"));
        lines.add(
                "%-22s %-19s %9s %9s %9s %8s %8s %8s %8s %8s %8s %8s"
                        .formatted(
                                "service",
                                "form",
                                "ready ms",
                                "idle MiB",
                                "used MiB",
                                "size MiB",
                                "read p50",
                                "p99 ms",
                                "per s",
                                "make p50",
                                "p99 ms",
                                "per s"));
    }

    /** Measures every form; the cache is made by a run of its own first. */
    void run() {
        LocalStack training = new LocalStack(project, Map.of("TLVM_AOT", "train"));
        try {
            training.up();
            publish(training);
            services().forEach(this::exercise);
        } finally {
            training.downWithGuests();
        }
        for (Form form : Form.values()) {
            measure(form);
        }
    }

    private void publish(LocalStack stack) {
        Tlvm tlvm = new Tlvm(project, Map.of(), say);
        tlvm.ok(
                "storage-path",
                "create",
                "shared",
                "--directory",
                stack.sharedDirectory().toString());
        urn =
                Publisher.pinned(NAME, project.home().resolve("keys"), tlvm)
                        .publish("trusted", "Bench guest", project.guestImage());
        tlvm.ok("image", "create", NAME, "--urn", urn);
    }

    private List<Served> services() {
        return List.of(
                Served.catalog(portBase, urn),
                Served.compute(portBase, NAME),
                Served.agent(portBase));
    }

    private void measure(Form form) {
        LocalStack stack = new LocalStack(project, form.environment());
        try {
            stack.up();
            for (Served served : services()) {
                lines.add(line(form, stack, served));
                say.accept(lines.getLast());
            }
        } finally {
            stack.downWithGuests();
        }
    }

    private String line(Form form, LocalStack stack, Served served) {
        ServiceProcess process = new ServiceProcess(stack, served);
        List<Duration> starts = new ArrayList<>();
        for (int i = 0; i < STARTS; i++) {
            starts.add(process.restart());
        }
        LockSupport.parkNanos(IDLE.toNanos());
        long idle = process.residentBytes();
        List<Optional<Load>> loads = new ArrayList<>();
        over(
                served,
                channel -> {
                    loads.add(Optional.of(Load.measure(channel, served.read(), CALLS)));
                    loads.add(served.create().map(call -> Load.measure(channel, call, CALLS)));
                });
        return "%-22s %-19s %9s %9s %9s %8s %s %s"
                .formatted(
                        served.module(),
                        form.title(),
                        Figures.of(starts).middle().toMillis(),
                        mebibytes(idle),
                        mebibytes(process.residentBytes()),
                        mebibytes(form.bytes(project, served.module())),
                        columns(loads.getFirst()),
                        columns(loads.getLast()));
    }

    private void exercise(Served served) {
        over(
                served,
                channel -> {
                    for (int i = 0; i < CALLS; i++) {
                        served.read().accept(channel);
                        served.create().ifPresent(call -> call.accept(channel));
                    }
                });
    }

    private void over(Served served, Consumer<ManagedChannel> calls) {
        try (PkiDirectory pki =
                        PkiDirectory.open(project.home().resolve("pki/" + served.caller()));
                ChannelFactory channels = new ChannelFactory(pki)) {
            calls.accept(channels.channel(new HostPort("127.0.0.1", served.port()), served.id()));
        }
    }

    private static String columns(Optional<Load> load) {
        return load.map(
                        made ->
                                "%8s %8s %8s"
                                        .formatted(
                                                Figures.millis(made.median()),
                                                Figures.millis(made.p99()),
                                                Math.round(made.perSecond())))
                .orElse("%8s %8s %8s".formatted("-", "-", "-"));
    }

    private static String mebibytes(long bytes) {
        return String.format(Locale.ROOT, "%.0f", bytes / 1024.0 / 1024.0);
    }

    String text() {
        return String.join("\n", lines) + "\n";
    }
}
