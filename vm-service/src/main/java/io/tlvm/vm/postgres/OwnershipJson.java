package io.tlvm.vm.postgres;

import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.row.Attempt;
import io.tlvm.ownership.row.CleanUp;
import io.tlvm.ownership.row.Phase;
import io.tlvm.ownership.row.Phase.Mode;
import io.tlvm.ownership.row.Phase.StopMode;
import io.tlvm.ownership.row.Phase.StopOrder;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

import org.jspecify.annotations.Nullable;

import java.time.Instant;
import java.util.List;
import java.util.TreeSet;

/** The columns of table ownership that are JSON, and the names of phases. */
final class OwnershipJson {
    private OwnershipJson() {}

    static String phaseName(Phase phase) {
        return switch (phase) {
            case Phase.Creating _ -> "CREATING";
            case Phase.Stopped _ -> "STOPPED";
            case Phase.Running _ -> "RUNNING";
            case Phase.Migrating _ -> "MIGRATING";
            case Phase.Handover _ -> "HANDOVER";
            case Phase.Released _ -> "RELEASED";
            case Phase.Recovering _ -> "RECOVERING";
            case Phase.Deleting _ -> "DELETING";
            case Phase.Purged _ -> "PURGED";
            case Phase.Quarantined _ -> "QUARANTINED";
        };
    }

    static String phase(Phase phase) {
        return (switch (phase) {
                    case Phase.Creating(var op) -> new JsonObject().put("op", op.value());
                    case Phase.Stopped() -> new JsonObject();
                    case Phase.Running(var op, var mode, var activated, var stop) ->
                            new JsonObject()
                                    .put("op", op.value())
                                    .put("mode", mode.name())
                                    .put("activated", activated)
                                    .put(
                                            "stop",
                                            stop == null
                                                    ? null
                                                    : new JsonObject()
                                                            .put("op", stop.op().value())
                                                            .put("mode", stop.mode().name()));
                    case Phase.Migrating(var attempt) -> attempt(attempt);
                    case Phase.Handover(var attempt) -> attempt(attempt);
                    case Phase.Released(var attempt, var digest) ->
                            attempt(attempt).put("digest", digest.value());
                    case Phase.Recovering(
                                    var op,
                                    var target,
                                    var epoch,
                                    var directory,
                                    var wanted) ->
                            new JsonObject()
                                    .put("op", op.value())
                                    .put("target", target.value())
                                    .put("epoch", epoch.value())
                                    .put("directory", directory.value())
                                    .put("wanted", wanted.name());
                    case Phase.Deleting(var purgeTime) ->
                            new JsonObject().put("purgeTime", purgeTime.toString());
                    case Phase.Purged(var op, var owed) ->
                            new JsonObject()
                                    .put("op", op.value())
                                    .put(
                                            "receiptsOwed",
                                            new JsonArray(
                                                    owed.stream().map(NodeName::value).toList()));
                    case Phase.Quarantined(var evidence) ->
                            new JsonObject().put("evidence", evidence);
                })
                .encode();
    }

    static Phase phase(String name, String text) {
        var json = new JsonObject(text);
        return switch (name) {
            case "CREATING" -> new Phase.Creating(new OperationId(json.getString("op")));
            case "STOPPED" -> new Phase.Stopped();
            case "RUNNING" ->
                    new Phase.Running(
                            new OperationId(json.getString("op")),
                            Mode.valueOf(json.getString("mode")),
                            json.getBoolean("activated"),
                            stop(json.getJsonObject("stop")));
            case "MIGRATING" -> new Phase.Migrating(attempt(json));
            case "HANDOVER" -> new Phase.Handover(attempt(json));
            case "RELEASED" ->
                    new Phase.Released(attempt(json), new Digest(json.getString("digest")));
            case "RECOVERING" ->
                    new Phase.Recovering(
                            new OperationId(json.getString("op")),
                            new NodeName(json.getString("target")),
                            new Epoch(json.getLong("epoch")),
                            new StateRef(json.getString("directory")),
                            Phase.Wanted.valueOf(json.getString("wanted")));
            case "DELETING" -> new Phase.Deleting(Instant.parse(json.getString("purgeTime")));
            case "PURGED" ->
                    new Phase.Purged(
                            new OperationId(json.getString("op")),
                            new TreeSet<>(
                                    json.getJsonArray("receiptsOwed").stream()
                                            .map(String::valueOf)
                                            .map(NodeName::new)
                                            .toList()));
            case "QUARANTINED" -> new Phase.Quarantined(json.getString("evidence"));
            default ->
                    throw new IllegalStateException(
                            "column ownership.phase has an unknown value: " + name);
        };
    }

    private static @Nullable StopOrder stop(@Nullable JsonObject json) {
        return json == null
                ? null
                : new StopOrder(
                        new OperationId(json.getString("op")),
                        StopMode.valueOf(json.getString("mode")));
    }

    private static JsonObject attempt(Attempt attempt) {
        var json =
                new JsonObject()
                        .put("op", attempt.op().value())
                        .put("target", attempt.target().value())
                        .put("epoch", attempt.epoch().value())
                        .put("deadline", attempt.deadline().toString());
        Attempt.Prepared prepared = attempt.prepared();
        return prepared == null
                ? json
                : json.put("hpkeKey", prepared.hpkeKey())
                        .put("directory", prepared.directory().value());
    }

    private static Attempt attempt(JsonObject json) {
        return new Attempt(
                new OperationId(json.getString("op")),
                new NodeName(json.getString("target")),
                new Epoch(json.getLong("epoch")),
                Instant.parse(json.getString("deadline")),
                json.containsKey("directory")
                        ? new Attempt.Prepared(
                                json.getString("hpkeKey"),
                                new StateRef(json.getString("directory")))
                        : null);
    }

    static String cleanUps(List<CleanUp> cleanUps) {
        var json = new JsonArray();
        cleanUps.forEach(
                cleanUp -> {
                    StateRef directory = cleanUp.directory();
                    json.add(
                            new JsonObject()
                                    .put("kind", cleanUp.kind().name())
                                    .put("node", cleanUp.node().value())
                                    .put("op", cleanUp.op().value())
                                    .put("epoch", cleanUp.epoch().value())
                                    .put("directory", directory == null ? "" : directory.value()));
                });
        return json.encode();
    }

    static List<CleanUp> cleanUps(String text) {
        return new JsonArray(text)
                .stream()
                        .map(JsonObject.class::cast)
                        .map(
                                json -> {
                                    String directory = json.getString("directory");
                                    return new CleanUp(
                                            CleanUp.Kind.valueOf(json.getString("kind")),
                                            new NodeName(json.getString("node")),
                                            new OperationId(json.getString("op")),
                                            new Epoch(json.getLong("epoch")),
                                            directory.isEmpty() ? null : new StateRef(directory));
                                })
                        .toList();
    }
}
