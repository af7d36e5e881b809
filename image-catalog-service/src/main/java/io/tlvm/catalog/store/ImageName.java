package io.tlvm.catalog.store;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Name of a gallery image, {@code projects/{project}/images/{image}}. */
public record ImageName(String project, String image) {
    private static final Pattern SEGMENT = Pattern.compile("[a-z]([a-z0-9-]{0,61}[a-z0-9])?");
    private static final Pattern NAME = Pattern.compile("projects/([^/]+)/images/([^/]+)");

    public ImageName {
        if (!SEGMENT.matcher(project).matches() || !SEGMENT.matcher(image).matches()) {
            throw new IllegalArgumentException(
                    "a segment is 1 to 63 of a-z 0-9 -, starts with a letter and does not end with"
                            + " a hyphen");
        }
    }

    /**
     * Reads a resource name.
     *
     * @throws IllegalArgumentException whose message says what a name looks like
     */
    public static ImageName parse(String name) {
        Matcher matcher = NAME.matcher(name);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "an image is named projects/{project}/images/{image}");
        }
        return new ImageName(matcher.group(1), matcher.group(2));
    }

    @Override
    public String toString() {
        return "projects/" + project + "/images/" + image;
    }
}
