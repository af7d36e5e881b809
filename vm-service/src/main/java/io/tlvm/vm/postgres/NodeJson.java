package io.tlvm.vm.postgres;

import io.tlvm.ownership.node.Evidence;
import io.tlvm.vm.node.Capabilities;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The columns of table node that are JSON. */
final class NodeJson {
    private NodeJson() {}

    static String names(List<String> names) {
        return new JsonArray(List.copyOf(names)).encode();
    }

    static List<String> names(String text) {
        return new JsonArray(text).stream().map(String::valueOf).toList();
    }

    static String evidence(Evidence evidence) {
        return (switch (evidence) {
                    case Evidence.OperatorsWord(var actor, var reason) ->
                            new JsonObject()
                                    .put("kind", "OPERATORS_WORD")
                                    .put("actor", actor)
                                    .put("reason", reason);
                })
                .encode();
    }

    static Evidence evidence(String text) {
        var json = new JsonObject(text);
        String kind = json.getString("kind");
        if (!kind.equals("OPERATORS_WORD")) {
            throw new IllegalStateException("column node.evidence has an unknown kind: " + kind);
        }
        return new Evidence.OperatorsWord(json.getString("actor"), json.getString("reason"));
    }

    static String capabilities(Capabilities can) {
        return new JsonObject()
                .put("agentVersion", can.agentVersion())
                .put("qemuVersion", can.qemuVersion())
                .put("swtpmVersion", can.swtpmVersion())
                .put("firmwareDigest", can.firmwareDigest())
                .put("accelerator", can.accelerator())
                .put("acceleratorReason", can.acceleratorReason())
                .put("trustedLaunch", can.trustedLaunch())
                .put("trustedLaunchReason", can.trustedLaunchReason())
                .put("vbs", can.vbs())
                .put("vbsReason", can.vbsReason())
                .put("vcpus", can.vcpus())
                .put("memoryMib", can.memoryMib())
                .put("cpuModel", can.cpuModel())
                .put("separateUids", can.separateUids())
                .put("publicKey", can.publicKey())
                .put("certificateEnd", can.certificateEnd().map(Instant::toString).orElse(""))
                .encode();
    }

    static Capabilities capabilities(String text) {
        var json = new JsonObject(text);
        String end = json.getString("certificateEnd");
        return new Capabilities(
                json.getString("agentVersion"),
                json.getString("qemuVersion"),
                json.getString("swtpmVersion"),
                json.getString("firmwareDigest"),
                json.getString("accelerator"),
                json.getString("acceleratorReason"),
                json.getBoolean("trustedLaunch"),
                json.getString("trustedLaunchReason"),
                json.getBoolean("vbs"),
                json.getString("vbsReason"),
                json.getInteger("vcpus"),
                json.getLong("memoryMib"),
                json.getString("cpuModel"),
                json.getBoolean("separateUids"),
                json.getString("publicKey"),
                end.isEmpty() ? Optional.empty() : Optional.of(Instant.parse(end)));
    }
}
