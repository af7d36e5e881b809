package io.tlvm.vm.machine;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code projects/{project}/virtualMachines/{id}}; both parts are AIP-122 ids. */
public record MachineName(String project, String id) {
    private static final Pattern ID = Pattern.compile("[a-z]([a-z0-9-]{0,61}[a-z0-9])?");
    private static final Pattern SHAPE =
            Pattern.compile("projects/([^/]+)/virtualMachines/([^/]+)");

    public MachineName {
        if (!ID.matcher(project).matches() || !ID.matcher(id).matches()) {
            throw new IllegalArgumentException("not the name of a VM: " + project + ", " + id);
        }
    }

    /**
     * Reads a name.
     *
     * @throws IllegalArgumentException when {@code text} is no such name
     */
    public static MachineName parse(String text) {
        Matcher shape = SHAPE.matcher(text);
        if (!shape.matches()) {
            throw new IllegalArgumentException("not the name of a VM: " + text);
        }
        return new MachineName(shape.group(1), shape.group(2));
    }

    @Override
    public String toString() {
        return "projects/" + project + "/virtualMachines/" + id;
    }
}
