package io.tlvm.vm.postgres;

import io.tlvm.vm.machine.Condition;
import io.tlvm.vm.machine.HostDetails;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The columns of table machine that are JSON. */
final class MachineJson {
    private MachineJson() {}

    static String labels(Map<String, String> labels) {
        var json = new JsonObject();
        new TreeMap<>(labels).forEach(json::put);
        return json.encode();
    }

    static Map<String, String> labels(String text) {
        Map<String, String> labels = new TreeMap<>();
        new JsonObject(text)
                .forEach(entry -> labels.put(entry.getKey(), String.valueOf(entry.getValue())));
        return labels;
    }

    static String conditions(List<Condition> conditions) {
        var json = new JsonArray();
        conditions.forEach(
                condition ->
                        json.add(
                                new JsonObject()
                                        .put("type", condition.type())
                                        .put("status", condition.status())
                                        .put("reason", condition.reason())
                                        .put("message", condition.message())
                                        .put("since", condition.since().toString())));
        return json.encode();
    }

    static List<Condition> conditions(String text) {
        return new JsonArray(text)
                .stream()
                        .map(JsonObject.class::cast)
                        .map(
                                json ->
                                        new Condition(
                                                json.getString("type"),
                                                json.getString("status"),
                                                json.getString("reason"),
                                                json.getString("message"),
                                                Instant.parse(json.getString("since"))))
                        .toList();
    }

    static String host(HostDetails host) {
        return new JsonObject()
                .put("runDirectory", host.runDirectory())
                .put("observerSocket", host.observerSocket())
                .put("controlSocket", host.controlSocket())
                .put("tickSocket", host.tickSocket())
                .put("serialLog", host.serialLog())
                .put("qemuPid", host.qemuPid())
                .put("swtpmPid", host.swtpmPid())
                .put("guardianPid", host.guardianPid())
                .put("stateDirectory", host.stateDirectory())
                .encode();
    }

    static HostDetails host(String text) {
        var json = new JsonObject(text);
        return new HostDetails(
                json.getString("runDirectory"),
                json.getString("observerSocket"),
                json.getString("controlSocket"),
                json.getString("tickSocket"),
                json.getString("serialLog"),
                json.getLong("qemuPid"),
                json.getLong("swtpmPid"),
                json.getLong("guardianPid"),
                json.getString("stateDirectory"));
    }
}
