package io.tlvm.vm.postgres;

import com.google.protobuf.InvalidProtocolBufferException;

import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.type.v1.SignedStatement;
import io.tlvm.vm.migration.Measured.Progress;
import io.tlvm.vm.migration.MigrationRecord;
import io.tlvm.vm.migration.MigrationRecord.PhaseTime;
import io.tlvm.vm.migration.MigrationRecord.State;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The column machine.migration. */
final class MigrationJson {
    private MigrationJson() {}

    static String write(MigrationRecord migration) {
        var phases = new JsonArray();
        migration
                .phases()
                .forEach(
                        phase ->
                                phases.add(
                                        new JsonObject()
                                                .put("state", phase.state().name())
                                                .put("time", phase.time().toString())));
        Progress progress = migration.progress();
        var json =
                new JsonObject()
                        .put("op", migration.op().value())
                        .put("source", migration.source().value())
                        .put("target", migration.target().value())
                        .put("state", migration.state().name())
                        .put("phases", phases)
                        .put(
                                "progress",
                                new JsonArray()
                                        .add(progress.totalBytes())
                                        .add(progress.transferredBytes())
                                        .add(progress.remainingBytes())
                                        .add(progress.dirtyPagesPerSecond())
                                        .add(progress.iteration())
                                        .add(progress.bytesPerSecond()))
                        .put("epochBefore", migration.epochBefore().value())
                        .put("epochAfter", migration.epochAfter().value())
                        .put("digest", migration.digest())
                        .put("sourceDestroyed", migration.sourceDestroyed())
                        .put("cancelAsked", migration.cancelAsked())
                        .put("why", migration.why())
                        .put("startTime", migration.startTime().toString());
        migration.preSwitchover().ifPresent(value -> json.put("preSwitchover", value.toString()));
        migration.downtime().ifPresent(value -> json.put("downtime", value.toString()));
        migration.adopt().ifPresent(value -> json.put("adopt", value.toString()));
        migration.gaveUpIn().ifPresent(value -> json.put("gaveUpIn", value.name()));
        migration.endTime().ifPresent(value -> json.put("endTime", value.toString()));
        migration.targetSigned().ifPresent(value -> json.put("targetSigned", value.toByteArray()));
        if (!migration.receipt().isEmpty()) {
            json.put("receipt", migration.receipt());
        }
        return json.encode();
    }

    static MigrationRecord read(String text) {
        var json = new JsonObject(text);
        List<PhaseTime> phases =
                json.getJsonArray("phases").stream()
                        .map(JsonObject.class::cast)
                        .map(
                                phase ->
                                        new PhaseTime(
                                                State.valueOf(phase.getString("state")),
                                                Instant.parse(phase.getString("time"))))
                        .toList();
        JsonArray progress = json.getJsonArray("progress");
        return new MigrationRecord(
                new OperationId(json.getString("op")),
                new NodeName(json.getString("source")),
                new NodeName(json.getString("target")),
                State.valueOf(json.getString("state")),
                phases,
                new Progress(
                        progress.getLong(0),
                        progress.getLong(1),
                        progress.getLong(2),
                        progress.getLong(3),
                        progress.getInteger(4),
                        progress.getLong(5)),
                duration(json, "preSwitchover"),
                duration(json, "downtime"),
                duration(json, "adopt"),
                new Epoch(json.getLong("epochBefore")),
                new Epoch(json.getLong("epochAfter")),
                json.getString("digest"),
                json.getBoolean("sourceDestroyed"),
                json.getBoolean("cancelAsked"),
                json.getString("why"),
                Optional.ofNullable(json.getString("gaveUpIn")).map(State::valueOf),
                Instant.parse(json.getString("startTime")),
                Optional.ofNullable(json.getString("endTime")).map(Instant::parse),
                Optional.ofNullable(json.getBinary("targetSigned")).map(MigrationJson::statement),
                json.getString("receipt", ""));
    }

    private static SignedStatement statement(byte[] bytes) {
        try {
            return SignedStatement.parseFrom(bytes);
        } catch (InvalidProtocolBufferException damaged) {
            throw new IllegalStateException("machine.migration has a damaged statement", damaged);
        }
    }

    private static Optional<Duration> duration(JsonObject json, String key) {
        return Optional.ofNullable(json.getString(key)).map(Duration::parse);
    }
}
