package io.tlvm.cli.audit;

import io.tlvm.cli.problem.Problem;
import io.tlvm.cli.problem.ProblemException;
import io.tlvm.compute.v1.AuditExportItem;
import io.tlvm.type.v1.SignedStatement;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Exports and checkpoints as files: an export is a sequence of AuditExportItem, each behind its
 * length as a varint; a checkpoint is one SignedStatement. A file that exists is evidence and
 * stays.
 */
public final class ChainFile {
    private ChainFile() {}

    /** Something that hands items on. */
    @FunctionalInterface
    public interface Source {
        /** All of them, in order. */
        void read(ItemReader<IOException> reader) throws IOException;
    }

    /** Writes an export; what is not complete does not get the name. */
    public static void write(Path file, Source source) {
        written(
                file,
                out ->
                        source.read(
                                item -> {
                                    item.writeDelimitedTo(out);
                                }));
    }

    /** Writes a checkpoint. */
    public static void writeCheckpoint(Path file, SignedStatement checkpoint) {
        written(file, checkpoint::writeTo);
    }

    private interface Content {
        void to(OutputStream out) throws IOException;
    }

    private static void written(Path file, Content content) {
        if (Files.exists(file)) {
            throw new ProblemException(
                    Problem.usage(file + " exists", "name a new file; an older one is evidence"));
        }
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try {
            try (var out =
                    new BufferedOutputStream(
                            Files.newOutputStream(
                                    part,
                                    StandardOpenOption.CREATE,
                                    StandardOpenOption.TRUNCATE_EXISTING,
                                    StandardOpenOption.WRITE))) {
                content.to(out);
            }
            // Without REPLACE_EXISTING: one that came about meanwhile stays as well.
            Path unused = Files.move(part, file);
        } catch (IOException failed) {
            throw new ProblemException(
                    Problem.failed("cannot write " + file + ": " + failed, "name another file"),
                    failed);
        }
    }

    /**
     * Reads an export.
     *
     * @throws E what the reader throws
     */
    public static <E extends Exception> void read(Path file, ItemReader<E> reader) throws E {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            while (true) {
                AuditExportItem item = AuditExportItem.parseDelimitedFrom(in);
                if (item == null) {
                    return;
                }
                reader.take(item);
            }
        } catch (IOException unreadable) {
            throw unreadable(file, unreadable);
        }
    }

    /** Reads a checkpoint. */
    public static SignedStatement readCheckpoint(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return SignedStatement.parseFrom(in);
        } catch (IOException unreadable) {
            throw unreadable(file, unreadable);
        }
    }

    /** A file that ends in the middle, or is another one, is as bad as a broken chain. */
    private static ProblemException unreadable(Path file, IOException why) {
        return new ProblemException(
                why instanceof com.google.protobuf.InvalidProtocolBufferException
                        ? Problem.chainBroken(
                                file + " is damaged, or no such file: " + why.getMessage(),
                                "export it again, or name another file")
                        : Problem.failed("cannot read " + file + ": " + why, "name another file"),
                why);
    }
}
