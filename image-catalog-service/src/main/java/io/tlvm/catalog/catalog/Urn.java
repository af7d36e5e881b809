package io.tlvm.catalog.catalog;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Coordinates of an image version: what people type as {@code publisher:offer:sku:version}, and
 * what the API names {@code publishers/…/offers/…/skus/…/versions/…}.
 *
 * @param publisher compared without case, kept in lower case
 * @param version exact, or {@link #LATEST}
 */
public record Urn(String publisher, String offer, String sku, String version) {
    /** Asks for the highest version; never the version of a row. */
    public static final String LATEST = "latest";

    private static final Pattern PART = Pattern.compile("[a-z0-9][a-z0-9._-]{0,99}");
    private static final Pattern NAME =
            Pattern.compile("publishers/([^/]+)/offers/([^/]+)/skus/([^/]+)/versions/([^/]+)");

    public Urn {
        publisher = publisher.toLowerCase(Locale.ROOT);
        for (String part : new String[] {publisher, offer, sku, version}) {
            if (!PART.matcher(part).matches()) {
                throw new IllegalArgumentException(
                        "each part is 1 to 100 of a-z 0-9 . _ -, and starts with a letter or"
                                + " digit");
            }
        }
    }

    /**
     * Reads {@code publisher:offer:sku:version}.
     *
     * @throws IllegalArgumentException whose message says what a URN looks like
     */
    public static Urn parse(String text) {
        String[] parts = text.split(":", -1);
        if (parts.length != 4) {
            throw new IllegalArgumentException("a URN has four parts, publisher:offer:sku:version");
        }
        return new Urn(parts[0], parts[1], parts[2], parts[3]);
    }

    /** Reads a resource name; empty when it is not one. */
    public static Optional<Urn> fromName(String name) {
        Matcher matcher = NAME.matcher(name);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    new Urn(
                            matcher.group(1),
                            matcher.group(2),
                            matcher.group(3),
                            matcher.group(4)));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    public boolean isLatest() {
        return version.equals(LATEST);
    }

    public Urn withVersion(String exact) {
        return new Urn(publisher, offer, sku, exact);
    }

    /** The resource name. */
    public String name() {
        return "publishers/"
                + publisher
                + "/offers/"
                + offer
                + "/skus/"
                + sku
                + "/versions/"
                + version;
    }

    @Override
    public String toString() {
        return publisher + ":" + offer + ":" + sku + ":" + version;
    }
}
