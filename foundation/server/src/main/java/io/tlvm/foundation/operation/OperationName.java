package io.tlvm.foundation.operation;

import io.tlvm.foundation.refusal.ErrorDomain;

import java.util.UUID;
import java.util.regex.Pattern;

/**
 * {@code projects/{project}/operations/{catalog|compute}-{uuid}}. All services serve the same gRPC
 * service google.longrunning.Operations; the prefix of the last segment tells clients which of them
 * to ask.
 *
 * @param project the project, an AIP-122 id
 * @param service {@code catalog} or {@code compute}
 * @param id random UUID
 */
public record OperationName(String project, String service, UUID id) {

    private static final Pattern SHAPE =
            Pattern.compile(
                    "projects/([a-z](?:[a-z0-9-]{0,61}[a-z0-9])?)/operations/(catalog|compute)-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})");

    /**
     * @throws IllegalArgumentException when a part does not fit
     */
    public OperationName {
        String text = "projects/" + project + "/operations/" + service + "-" + id;
        if (!SHAPE.matcher(text).matches()) {
            throw new IllegalArgumentException("'" + text + "' is not the name of an operation");
        }
    }

    /** A fresh name; {@code id} should be random. */
    public static OperationName of(String project, ErrorDomain service, UUID id) {
        return new OperationName(
                project,
                switch (service) {
                    case CATALOG -> "catalog";
                    case COMPUTE -> "compute";
                    case NODE ->
                            throw new IllegalArgumentException("node agents have no operations");
                },
                id);
    }

    /**
     * @throws IllegalArgumentException unless {@code text} is exactly such a name
     */
    public static OperationName parse(String text) {
        var shape = SHAPE.matcher(text);
        if (!shape.matches()) {
            throw new IllegalArgumentException("'" + text + "' is not the name of an operation");
        }
        return new OperationName(shape.group(1), shape.group(2), UUID.fromString(shape.group(3)));
    }

    @Override
    public String toString() {
        return "projects/" + project + "/operations/" + service + "-" + id;
    }
}
