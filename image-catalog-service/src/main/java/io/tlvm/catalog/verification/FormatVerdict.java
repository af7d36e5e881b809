package io.tlvm.catalog.verification;

/** What {@link FormatCheck} found. */
public sealed interface FormatVerdict {
    /** The bytes are of the declared format and name no other file. */
    record Accepted() implements FormatVerdict {}

    /**
     * The bytes are something else, or are not safe to open.
     *
     * @param found what they look like
     * @param why in words, for people
     */
    record Rejected(String found, String why) implements FormatVerdict {}
}
