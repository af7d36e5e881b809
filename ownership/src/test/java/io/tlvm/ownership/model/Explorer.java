package io.tlvm.ownership.model;

import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.invariant.Breach;
import io.tlvm.ownership.invariant.Invariants;
import io.tlvm.ownership.journal.Observed.State;
import io.tlvm.ownership.model.Move.Kind;
import io.tlvm.ownership.row.Event;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Phase;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/** Breadth first through every world, so that the first breach found has a shortest trace. */
final class Explorer {
    /**
     * More worlds than any configuration has; a model that grows past it is cut with an error,
     * never silently.
     */
    private static final int WORLDS_MAX = 3_000_000;

    private final Protocol protocol;
    private final Predicate<Breach> counts;
    private final Replicas replicas;
    private final Agents agents;
    private final Plant plant;

    private final Shelf<Object> shelf = new Shelf<>();
    private final Map<Key, Integer> ids = new HashMap<>();
    private final List<Key> keys = new ArrayList<>();
    private final Ints parents = new Ints();
    private final Ints from = new Ints();
    private final Ints to = new Ints();
    private final Map<String, Integer> taken = new TreeMap<>();
    private final Map<OwnershipRow, Set<Event>> forgotten = new HashMap<>();
    private final Map<OwnershipRow, Set<OwnershipRow>> followed = new HashMap<>();

    Explorer(Protocol protocol) {
        this(protocol, breach -> true);
    }

    /**
     * @param counts which breaches end the search; those of I12 are often only the way to a worse
     *     one
     */
    Explorer(Protocol protocol, Predicate<Breach> counts) {
        this.protocol = protocol;
        this.counts = counts;
        this.replicas = new Replicas(protocol);
        this.agents = new Agents(protocol);
        this.plant = new Plant(protocol);
    }

    /**
     * What a search found.
     *
     * @param breach what broke, or null; {@code LIVE} where no settled state can be reached any
     *     more
     * @param trace the steps to it
     * @param taken how often each kind of step was taken
     * @param forgotten per row, the events that could have been brought to it and were dropped as
     *     dead
     * @param followed per row, the rows that were swapped in for it; versions left out
     */
    record Found(
            int states,
            int transitions,
            double seconds,
            Breach breach,
            List<String> trace,
            Map<String, Integer> taken,
            Map<OwnershipRow, Set<Event>> forgotten,
            Map<OwnershipRow, Set<OwnershipRow>> followed) {}

    private record Key(
            int row, int left, int right, int copies, int commands, int said, int rest) {}

    private record Rest(Budget left, int lastSeq, int tpmsMade) {}

    /** Everything that may happen next. */
    List<Move> moves(World world) {
        List<Move> moves = new ArrayList<>();
        moves.addAll(plant.moves(world));
        moves.addAll(agents.moves(world));
        moves.addAll(replicas.moves(world));
        return moves;
    }

    Found explore(World start) {
        long began = System.nanoTime();
        int transitions = 0;
        add(Normal.of(start, protocol), -1);
        for (int at = 0; at < keys.size(); at++) {
            World world = world(keys.get(at));
            var before = world.snapshot();
            for (Move move : moves(world)) {
                transitions++;
                taken.merge(move.tag(), 1, Integer::sum);
                Optional<Breach> breach =
                        Invariants.check(before, move.next().snapshot())
                                .filter(counts)
                                .or(() -> needless(move.next()));
                if (breach.isPresent()) {
                    List<String> trace = traceTo(at);
                    trace.add(move.toString());
                    return found(transitions, began, breach.get(), trace);
                }
                World next = Normal.of(move.next(), protocol);
                int known = keys.size();
                int id = add(next, at);
                if (id == known) {
                    forget(move.next(), next);
                }
                OwnershipRow row = withoutVersion(world.row());
                OwnershipRow then = withoutVersion(next.row());
                if (!row.equals(then)) {
                    followed.computeIfAbsent(row, any -> new HashSet<>()).add(then);
                }
                if (move.kind() == Kind.PROGRESS && id != at) {
                    from.add(at);
                    to.add(id);
                }
            }
            if (keys.size() > WORLDS_MAX) {
                throw new IllegalStateException(
                        "more than " + WORLDS_MAX + " states: not exhaustive");
            }
        }
        int stuck = stuck();
        if (stuck >= 0) {
            Breach breach =
                    new Breach(
                            "LIVE",
                            "no settled state can be reached from "
                                    + world(keys.get(stuck)).row().phase());
            return found(transitions, began, breach, traceTo(stuck));
        }
        return found(transitions, began, null, List.of());
    }

    /** Nothing in the model harms state, so nothing may ever be quarantined. */
    private static Optional<Breach> needless(World world) {
        return world.row().phase() instanceof Phase.Quarantined
                ? Optional.of(new Breach("LIVE", "a VM whose state nobody harmed was quarantined"))
                : Optional.empty();
    }

    /**
     * Nothing more is owed but by nodes that are fenced and may never come back, what should run
     * runs, nothing else, and nothing is left lying around.
     */
    static boolean settled(World world) {
        OwnershipRow row = world.row();
        if (row.prior() != null
                || !row.cleanUps().stream().allMatch(owed -> world.isFenced(owed.node()))) {
            return false;
        }
        return switch (row.phase()) {
            case Phase.Stopped _ ->
                    world.isUp(row.owner()) && nothingLives(world) && onlyNamed(world);
            case Phase.Deleting _ -> nothingLives(world) && onlyNamed(world);
            case Phase.Purged(_, var owed) ->
                    owed.stream().allMatch(world::isFenced)
                            && nothingLives(world)
                            && madeByFenced(world, null);
            case Phase.Running running ->
                    running.activated()
                            && running.stop() == null
                            && onlyOwnerRuns(world)
                            && onlyNamed(world);
            case Phase.Creating _,
                    Phase.Migrating _,
                    Phase.Handover _,
                    Phase.Released _,
                    Phase.Recovering _,
                    Phase.Quarantined _ ->
                    false;
        };
    }

    private static boolean onlyNamed(World world) {
        StateRef named = world.row().requireStateRef();
        return world.copies().containsKey(named) && madeByFenced(world, named);
    }

    /** Whatever lies there beside {@code named} is what a fenced node left. */
    private static boolean madeByFenced(World world, StateRef named) {
        return world.copies().entrySet().stream()
                .allMatch(
                        copy ->
                                copy.getKey().equals(named)
                                        || world.isFenced(copy.getValue().maker()));
    }

    private static boolean nothingLives(World world) {
        return world.sites().stream()
                .allMatch(
                        site ->
                                site.process() == null
                                        && (site.isUp() ? site.agentUp() : site.isFenced()));
    }

    private static boolean onlyOwnerRuns(World world) {
        return world.sites().stream()
                .allMatch(
                        site ->
                                site.name().equals(world.row().owner())
                                        ? site.isUp()
                                                && site.agentUp()
                                                && site.is(State.RUNNING)
                                                && site.view().claim() != null
                                                && site.view()
                                                        .claim()
                                                        .epoch()
                                                        .equals(world.row().epoch())
                                        : site.process() == null
                                                && (site.isUp()
                                                        ? site.agentUp()
                                                        : site.isFenced()));
    }

    private void forget(World raw, World normal) {
        Set<Event> lost = new HashSet<>(replicas.heard(raw));
        lost.removeAll(replicas.heard(normal));
        if (!lost.isEmpty()) {
            forgotten
                    .computeIfAbsent(withoutVersion(normal.row()), row -> new HashSet<>())
                    .addAll(lost);
        }
    }

    /**
     * Neither half decides by the number alone; what it orders is checked where commands are
     * dropped.
     */
    private static OwnershipRow withoutVersion(OwnershipRow row) {
        return new OwnershipRow(
                row.vm(),
                RowVersion.NONE,
                row.epoch(),
                row.attemptEpoch(),
                row.owner(),
                row.stateRef(),
                row.identity(),
                row.prior(),
                row.phase(),
                row.cleanUps());
    }

    private int stuck() {
        int[] start = new int[keys.size() + 1];
        for (int i = 0; i < to.size(); i++) {
            start[to.get(i) + 1]++;
        }
        for (int i = 0; i < keys.size(); i++) {
            start[i + 1] += start[i];
        }
        int[] next = start.clone();
        int[] sources = new int[from.size()];
        for (int i = 0; i < from.size(); i++) {
            sources[next[to.get(i)]++] = from.get(i);
        }
        BitSet reaches = new BitSet(keys.size());
        Ints open = new Ints();
        for (int i = 0; i < keys.size(); i++) {
            if (settled(world(keys.get(i)))) {
                reaches.set(i);
                open.add(i);
            }
        }
        for (int i = 0; i < open.size(); i++) {
            int at = open.get(i);
            for (int j = start[at]; j < start[at + 1]; j++) {
                if (!reaches.get(sources[j])) {
                    reaches.set(sources[j]);
                    open.add(sources[j]);
                }
            }
        }
        int first = reaches.nextClearBit(0);
        return first < keys.size() ? first : -1;
    }

    private Found found(int transitions, long began, Breach breach, List<String> trace) {
        double seconds = (System.nanoTime() - began) / 1e9;
        return new Found(
                keys.size(), transitions, seconds, breach, trace, taken, forgotten, followed);
    }

    private int add(World world, int parent) {
        Key key =
                new Key(
                        shelf.id(world.row()),
                        shelf.id(world.sites().getFirst()),
                        shelf.id(world.sites().getLast()),
                        shelf.id(world.copies()),
                        shelf.id(world.commands()),
                        shelf.id(world.said()),
                        shelf.id(new Rest(world.left(), world.lastSeq(), world.tpmsMade())));
        Integer known = ids.putIfAbsent(key, keys.size());
        if (known != null) {
            return known;
        }
        keys.add(key);
        parents.add(parent);
        return keys.size() - 1;
    }

    @SuppressWarnings("unchecked")
    private World world(Key key) {
        Rest rest = (Rest) shelf.get(key.rest());
        return new World(
                (OwnershipRow) shelf.get(key.row()),
                List.of((World.Site) shelf.get(key.left()), (World.Site) shelf.get(key.right())),
                (Map<StateRef, World.Copy>) shelf.get(key.copies()),
                (Set<World.Envelope>) shelf.get(key.commands()),
                (Set<Event>) shelf.get(key.said()),
                rest.left(),
                rest.lastSeq(),
                rest.tpmsMade());
    }

    /**
     * Which steps lead to a world is found again by taking all steps of its ancestors: nothing is
     * kept per edge.
     */
    private List<String> traceTo(int end) {
        List<Integer> path = new ArrayList<>();
        for (int at = end; at >= 0; at = parents.get(at)) {
            path.addFirst(at);
        }
        List<String> trace = new ArrayList<>();
        for (int i = 1; i < path.size(); i++) {
            Key wanted = keys.get(path.get(i));
            for (Move move : moves(world(keys.get(path.get(i - 1))))) {
                World next = Normal.of(move.next(), protocol);
                if (world(wanted).equals(next)) {
                    trace.add(move.toString());
                    break;
                }
            }
        }
        return trace;
    }

    /** Keeps one instance of each value and a number for it. */
    private static final class Shelf<T> {
        private final Map<T, Integer> numbers = new HashMap<>();
        private final List<T> values = new ArrayList<>();

        int id(T value) {
            Integer number = numbers.putIfAbsent(value, values.size());
            if (number != null) {
                return number;
            }
            values.add(value);
            return values.size() - 1;
        }

        T get(int number) {
            return values.get(number);
        }
    }

    /** A growing array of int. */
    private static final class Ints {
        private int[] values = new int[1024];
        private int size;

        void add(int value) {
            if (size == values.length) {
                values = Arrays.copyOf(values, size * 2);
            }
            values[size++] = value;
        }

        int get(int index) {
            return values[index];
        }

        int size() {
            return size;
        }
    }
}
