package io.tlvm.nativetoolchain.driver;

import java.net.URI;

/**
 * Who asks for an option: the builder resolves relative names against it and trusts some options
 * only from some origins. The texts are those that the builder reads.
 */
record Origin(String name) {
    static final Origin USER = new Origin("user");
    static final Origin DRIVER = new Origin("driver");

    /** A file of configuration in a jar or directory of the class path. */
    static Origin file(URI uri) {
        return new Origin(uri.toString());
    }

    /**
     * {@code -H:Name=value} as {@code -H:Name@origin=value}; one that names its origin keeps it.
     */
    String mark(String option) {
        return mark(option, name);
    }

    /**
     * The same for an option that the user gave by its public name, as {@code --features} is one.
     */
    String markPublic(String option) {
        return mark(option, this.equals(DRIVER) ? name : name + "+api");
    }

    private static String mark(String option, String origin) {
        int equals = option.indexOf('=');
        int end = equals < 0 ? option.length() : equals;
        String key = option.substring(0, end);
        return key.contains("@") ? option : key + "@" + origin + option.substring(end);
    }
}
