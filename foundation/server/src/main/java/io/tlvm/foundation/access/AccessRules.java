package io.tlvm.foundation.access;

import io.tlvm.foundation.identity.SpiffeId;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** All tables of a service together. Health and reflection are open to every authenticated peer. */
public final class AccessRules {

    /** Monitoring and grpcurl need these on day one; they tell nothing about machines. */
    private static final List<String> OPEN =
            List.of("grpc.health.v1.Health/", "grpc.reflection.v1.", "grpc.reflection.v1alpha.");

    private final Map<String, Set<AllowedCaller>> rows;
    private final Set<String> administrators;

    /**
     * @throws IllegalArgumentException when two tables have a row for the same method
     */
    public AccessRules(Iterable<AccessTable> tables, Set<String> administrators) {
        Map<String, Set<AllowedCaller>> all = new HashMap<>();
        for (AccessTable table : tables) {
            table.rows()
                    .forEach(
                            (method, allowed) -> {
                                if (all.put(method, allowed) != null) {
                                    throw new IllegalArgumentException(
                                            method + " has rows in two access tables");
                                }
                            });
        }
        this.rows = Map.copyOf(all);
        this.administrators = Set.copyOf(administrators);
    }

    /** Whether {@code caller} may call {@code method}; false for methods without a row. */
    public boolean admits(String method, SpiffeId caller) {
        return open(method)
                || rows.getOrDefault(method, Set.of()).stream()
                        .anyMatch(allowed -> allowed.includes(caller, administrators));
    }

    /** What is wrong with the tables, given the methods that are served; empty when they match. */
    public List<String> mismatches(Set<String> servedMethods) {
        var faults = new TreeSet<String>();
        servedMethods.stream()
                .filter(method -> !open(method) && !rows.containsKey(method))
                .forEach(method -> faults.add("no row for " + method));
        rows.keySet().stream()
                .filter(method -> !servedMethods.contains(method))
                .forEach(method -> faults.add("row without RPC: " + method));
        return List.copyOf(faults);
    }

    private static boolean open(String method) {
        return OPEN.stream().anyMatch(method::startsWith);
    }
}
