package io.tlvm.cli.input;

import io.tlvm.cli.problem.Problem;
import io.tlvm.cli.problem.ProblemException;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Completes short names: {@code web01} means {@code projects/default/virtualMachines/web01}. Full
 * names stay as they are.
 */
public final class ResourceNames {

    private static final Pattern URN_PART = Pattern.compile("[a-z0-9][a-z0-9._-]*");

    private final String project;

    /**
     * @param project without {@code projects/}
     */
    public ResourceNames(String project) {
        this.project =
                project.startsWith("projects/") ? project.substring("projects/".length()) : project;
    }

    /** The project, as parent of other names. */
    public String parent() {
        return "projects/" + project;
    }

    /** A VM. */
    public String vm(String name) {
        return complete(name, parent() + "/virtualMachines/");
    }

    /** A gallery image. A URN is a frequent mistake here, and its answer is known. */
    public String image(String name) {
        if (name.indexOf(':') >= 0) {
            throw new ProblemException(
                    Problem.usage(
                            "'"
                                    + name
                                    + "' is a marketplace URN, and VMs are created from images of"
                                    + " the project",
                            "run: tlvm image create NAME --urn " + name));
        }
        return complete(name, parent() + "/images/");
    }

    /** A node. */
    public String node(String name) {
        return complete(name, "nodes/");
    }

    /** A storage path. */
    public String storagePath(String name) {
        return complete(name, "storagePaths/");
    }

    /** A publisher. */
    public String publisher(String name) {
        return complete(name, "publishers/");
    }

    /** An operation. */
    public String operation(String name) {
        return complete(name, parent() + "/operations/");
    }

    /** An image version, from its URN with an exact version or its full name. */
    public String imageVersion(String urn) {
        if (urn.startsWith("publishers/")) {
            return urn;
        }
        // Marketplace names are lower case (their pattern says so), but URNs are often copied in
        // mixed case.
        String[] parts = urn.toLowerCase(Locale.ROOT).split(":", -1);
        if (parts.length != 4) {
            throw notAUrn(urn);
        }
        for (String part : parts) {
            if (!URN_PART.matcher(part).matches()) {
                throw notAUrn(urn);
            }
        }
        return "publishers/"
                + parts[0]
                + "/offers/"
                + parts[1]
                + "/skus/"
                + parts[2]
                + "/versions/"
                + parts[3];
    }

    /** What follows the last slash. */
    public static String shortName(String name) {
        return name.substring(name.lastIndexOf('/') + 1);
    }

    private static ProblemException notAUrn(String urn) {
        return new ProblemException(
                Problem.usage(
                        "'" + urn + "' is not publisher:offer:sku:version",
                        "run: tlvm image marketplace list"));
    }

    private static String complete(String name, String prefix) {
        if (name.isBlank()) {
            throw new ProblemException(
                    Problem.usage("a name is empty", "give a name, such as " + prefix + "web01"));
        }
        return name.indexOf('/') >= 0 ? name : prefix + name;
    }
}
