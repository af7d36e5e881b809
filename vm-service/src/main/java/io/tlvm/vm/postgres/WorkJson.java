package io.tlvm.vm.postgres;

import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.row.Phase.StopMode;
import io.tlvm.vm.machine.Work;
import io.vertx.core.json.JsonObject;

import java.time.Duration;
import java.time.Instant;

/** The column operation.work. */
final class WorkJson {
    private WorkJson() {}

    static String write(Work work) {
        var json = new JsonObject().put("verb", work.verb());
        switch (work) {
            case Work.Create(var start) -> json.put("start", start);
            case Work.Start(), Work.Undelete() -> {
                // the verb says it all
            }
            case Work.Stop(var mode, var patience) ->
                    json.put("mode", mode.name()).put("patience", patience.toString());
            case Work.Restart(var mode, var patience) ->
                    json.put("mode", mode.name()).put("patience", patience.toString());
            case Work.Delete(var force, var retain) ->
                    json.put("force", force).put("retain", retain.toString());
            case Work.Migrate(var target, var bandwidth, var deadline) ->
                    json.put("target", target.value())
                            .put("bandwidth", bandwidth)
                            .put("deadline", deadline.toString());
        }
        return json.encode();
    }

    static Work read(String text) {
        var json = new JsonObject(text);
        String verb = json.getString("verb", "");
        return switch (verb) {
            case "create" -> new Work.Create(json.getBoolean("start"));
            case "start" -> new Work.Start();
            case "stop" -> new Work.Stop(mode(json), Duration.parse(json.getString("patience")));
            case "restart" ->
                    new Work.Restart(mode(json), Duration.parse(json.getString("patience")));
            case "delete" ->
                    new Work.Delete(
                            json.getBoolean("force"), Duration.parse(json.getString("retain")));
            case "undelete" -> new Work.Undelete();
            case "migrate" ->
                    new Work.Migrate(
                            new NodeName(json.getString("target")),
                            json.getLong("bandwidth"),
                            Instant.parse(json.getString("deadline")));
            default ->
                    throw new IllegalStateException(
                            "column operation.work has an unknown verb: " + verb);
        };
    }

    private static StopMode mode(JsonObject json) {
        return StopMode.valueOf(json.getString("mode"));
    }
}
