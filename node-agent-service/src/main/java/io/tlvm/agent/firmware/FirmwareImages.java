package io.tlvm.agent.firmware;

import io.tlvm.agent.file.ContentDigest;
import io.tlvm.foundation.file.StableRead;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The firmwares of this node, as Debian's package ovmf installs them. */
public final class FirmwareImages {
    /** Where Debian puts them. */
    public static final Path DEBIAN = Path.of("/usr/share/OVMF");

    private static final int CODE_MAX = 64 << 20;
    private static final int VARIABLES_MAX = 4 << 20;

    private final Path directory;

    /** Firmwares in a directory. */
    public FirmwareImages(Path directory) {
        this.directory = directory;
    }

    /**
     * Reads what is installed now; a package update changes it under a running agent.
     *
     * @throws IOException when a file is missing or cannot be read
     */
    public FirmwareImage find(FirmwareKind kind) throws IOException {
        // Debian's names may be links to a versioned file.
        Path code = directory.resolve(kind.code());
        Path template = directory.resolve(kind.variables());
        byte[] codeBytes = content(code, CODE_MAX);
        byte[] templateBytes = content(template, VARIABLES_MAX);
        return new FirmwareImage(
                kind, code, ContentDigest.of(codeBytes), template, templateBytes.length);
    }

    /** Every file that any kind is read from, there or not. */
    public Set<Path> files() {
        return Arrays.stream(FirmwareKind.values())
                .flatMap(kind -> Stream.of(kind.code(), kind.variables()))
                .map(directory::resolve)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    static byte[] content(Path file, int max) throws IOException {
        return switch (StableRead.read(file.toRealPath(), max)) {
            case StableRead.Outcome.Stable(byte[] bytes) when bytes.length > 0 -> bytes;
            case StableRead.Outcome.Stable _ -> throw unusable(file, "is empty");
            case StableRead.Outcome.Missing _ -> throw unusable(file, "is missing");
            case StableRead.Outcome.NotRegular _ -> throw unusable(file, "is no regular file");
            case StableRead.Outcome.TooLarge(long size, int most) ->
                    throw unusable(file, "has %d bytes, more than %d".formatted(size, most));
            case StableRead.Outcome.Changing _ -> throw unusable(file, "keeps changing");
        };
    }

    private static IOException unusable(Path file, String why) {
        return new IOException(
                "firmware file %s %s: install the package ovmf".formatted(file, why));
    }
}
