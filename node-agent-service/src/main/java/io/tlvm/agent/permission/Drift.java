package io.tlvm.agent.permission;

import io.tlvm.foundation.file.FileOwner;

import java.nio.file.Path;

/** One way in which a path is not what it must be. */
public sealed interface Drift {
    Path path();

    /** Somebody else's. */
    record Owner(Path path, FileOwner expected, FileOwner found) implements Drift {}

    /** Other rights than its owner alone needs. */
    record Mode(Path path, String expected, String found) implements Drift {}

    /** The file has further names, by which others may reach it; nobody can tell which. */
    record Links(Path path, int names) implements Drift {}

    /** A link, a pipe, a file where a directory belongs. */
    record OtherKind(Path path, Wanted.Kind expected) implements Drift {}

    /** In words, for a report. */
    default String message() {
        return switch (this) {
            case Owner(var path, var expected, var found) ->
                    "%s belongs to %s, not to %s".formatted(path, found, expected);
            case Mode(var path, var expected, var found) ->
                    "%s has mode %s, not %s".formatted(path, found, expected);
            case Links(var path, var names) -> "%s has %d names, not one".formatted(path, names);
            case OtherKind(var path, var expected) ->
                    "%s is no %s"
                            .formatted(
                                    path,
                                    switch (expected) {
                                        case DIRECTORY -> "directory";
                                        case FILE -> "regular file";
                                    });
        };
    }
}
