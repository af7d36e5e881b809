package io.tlvm.acceptance.bench;

import io.tlvm.acceptance.cluster.LocalStack;
import io.tlvm.acceptance.cluster.Project;
import io.tlvm.acceptance.cluster.Tlvm;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * {@code ./dev bench migration [-n N]}: moves a VM N times between two nodes, then the same machine
 * N times with QEMU alone, and prints both. {@code ./dev bench forms}: the services on the JVM,
 * with an AOT cache and native. Needs a stack that is not up; leaves nothing running.
 */
public final class Bench {
    private static final int HOPS = 10;
    private static final int HOPS_MAX = 1000;

    private Bench() {}

    public static void main(String[] arguments) {
        if (List.of(arguments).equals(List.of("forms"))) {
            FormBench bench = new FormBench(Project.find(), System.err::println);
            try {
                bench.run();
            } finally {
                System.out.print(bench.text());
            }
            return;
        }
        int count = hops(List.of(arguments));
        if (count == 0) {
            System.err.println("usage: ./dev bench migration [-n 1.." + HOPS_MAX + "] | forms");
            System.exit(2);
        }
        Consumer<String> say = System.err::println;
        Project project = Project.find();
        LocalStack stack = new LocalStack(project, Map.of());
        Report report = new Report(project.home());
        try {
            stack.up();
            ClusterHops cluster =
                    new ClusterHops(project, stack, new Tlvm(project, Map.of(), say), say);
            cluster.create();
            report.cluster(cluster.run(count));
            Blueprint blueprint = cluster.stopped(project.home().resolve("plain"));
            report.plain(new PlainHops(blueprint, project.home().resolve("r"), say).run(count));
        } finally {
            stack.downWithGuests();
            // Also what there is of a run that did not end: hours may be in it.
            System.out.print(report.text());
        }
    }

    /** 0 for arguments that mean nothing. */
    private static int hops(List<String> arguments) {
        if (arguments.equals(List.of("migration"))) {
            return HOPS;
        }
        if (arguments.size() != 3 || !arguments.subList(0, 2).equals(List.of("migration", "-n"))) {
            return 0;
        }
        String count = arguments.get(2);
        int hops = count.matches("[0-9]{1,4}") ? Integer.parseInt(count) : 0;
        return hops <= HOPS_MAX ? hops : 0;
    }
}
