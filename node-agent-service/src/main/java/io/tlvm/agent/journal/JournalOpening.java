package io.tlvm.agent.journal;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What came of opening a journal file. */
public sealed interface JournalOpening {
    /**
     * Open for appending.
     *
     * @param journal the caller closes it
     * @param records every record that was acknowledged, oldest first
     * @param tornTail what a crash left unfinished; it is cut off and was never acknowledged
     */
    record Opened(Journal journal, List<byte[]> records, Optional<TornTail> tornTail)
            implements JournalOpening {
        /** Keeps an unmodifiable list. */
        public Opened {
            records = List.copyOf(records);
        }
    }

    /**
     * Not opened and not changed. A node must not act for the machine: what the journal forgot may
     * be a promise.
     *
     * @param file which journal
     * @param offset where in it, in bytes from its start
     * @param why what is wrong there
     */
    record Refused(Path file, long offset, Damage why) implements JournalOpening {
        /** One sentence for an operator: what, where, and what to do. */
        public String message() {
            String what =
                    switch (why) {
                        case Damage.NotAJournal _ -> "it does not begin like a journal";
                        case Damage.FutureVersion(int found, int known) ->
                                "it has version %d and this agent reads up to %d; install the newer agent"
                                        .formatted(found, known);
                        case Damage.HeaderChecksum _ ->
                                "the checksum of the file's header is wrong";
                        case Damage.LengthChecksum _ ->
                                "the checksum of a record's length is wrong";
                        case Damage.PayloadChecksum _ ->
                                "the checksum of a record's content is wrong";
                        case Damage.RecordTooLong(long length, int max) ->
                                "a record claims %d bytes, more than the %d allowed"
                                        .formatted(length, max);
                        case Damage.FileTooLong(long length, long max) ->
                                "it has %d bytes, more than the %d allowed".formatted(length, max);
                    };
            return "journal %s cannot be read at offset %d: %s. Nothing of this machine is started here until the file is restored, or the machine is recovered on another node."
                    .formatted(file, offset, what);
        }
    }

    /**
     * The unfinished record at the end.
     *
     * @param offset where it began, in bytes from the start of the file
     * @param bytes how many bytes of it there were, at least 1
     */
    record TornTail(long offset, long bytes) {}

    /** Why a file is refused. */
    sealed interface Damage {
        /** The magic number is another one. */
        record NotAJournal() implements Damage {}

        /** Written by a newer agent. */
        record FutureVersion(int found, int known) implements Damage {}

        /** The file's header was changed. */
        record HeaderChecksum() implements Damage {}

        /** A length was changed, so no later record can be found. */
        record LengthChecksum() implements Damage {}

        /** A complete record was changed. */
        record PayloadChecksum() implements Damage {}

        /** A length that no writer uses. */
        record RecordTooLong(long length, int max) implements Damage {}

        /** Larger than any compacted journal. */
        record FileTooLong(long length, long max) implements Damage {}
    }
}
