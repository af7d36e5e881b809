package io.tlvm.vm.postgres;

import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.vm.backup.MadeBackup;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

import java.time.Instant;

/** The column machine.backup. */
final class BackupJson {
    private BackupJson() {}

    static String write(MadeBackup backup) {
        return new JsonObject()
                .put("number", backup.number().value())
                .put("createTime", backup.createTime().toString())
                .put("directory", backup.directory().value())
                .put("stateDigest", backup.stateDigest().value())
                .put("recipients", new JsonArray(backup.recipients()))
                .encode();
    }

    static MadeBackup read(String text) {
        var json = new JsonObject(text);
        return new MadeBackup(
                new OperationId(json.getString("number")),
                Instant.parse(json.getString("createTime")),
                new StateRef(json.getString("directory")),
                new Digest(json.getString("stateDigest")),
                json.getJsonArray("recipients").stream().map(String.class::cast).toList());
    }
}
