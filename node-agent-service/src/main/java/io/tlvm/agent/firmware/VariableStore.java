package io.tlvm.agent.firmware;

import com.google.protobuf.ByteString;

import io.tlvm.agent.file.ContentDigest;
import io.tlvm.foundation.file.DurableFile;
import io.tlvm.foundation.file.FileOwner;
import io.tlvm.foundation.file.StableRead;
import io.tlvm.ownership.id.Digest;

import java.io.IOException;
import java.nio.file.Path;

/**
 * The file VARS.fd of one machine: its UEFI variables, which QEMU keeps in a flash device. QEMU
 * writes it in place and never syncs it, and at a migration's target it writes the whole of it only
 * at {@code cont}: so the agent ships and syncs it itself.
 *
 * @param file where it is; its directory belongs to the agent
 * @param size the exact size in bytes that the firmware's variables have
 * @param owner the user that QEMU of this machine runs under
 */
public record VariableStore(Path file, int size, FileOwner owner) {
    /** The name in a state directory. */
    public static final String FILE_NAME = "VARS.fd";

    private static final int SIZE_MAX = 4 << 20;

    /** Refuses a size that no firmware has. */
    public VariableStore {
        if (size <= 0 || size > SIZE_MAX) {
            throw new IllegalArgumentException(
                    "variables have 1 to %d bytes, not %d".formatted(SIZE_MAX, size));
        }
    }

    /** What the file holds. */
    public sealed interface Snapshot {
        /** The whole content at one moment. */
        record Complete(ByteString image, Digest digest) implements Snapshot {}

        /** Nothing has that name. */
        record Missing() implements Snapshot {}

        /** Something of another size: truncated, or of another firmware. */
        record WrongSize(long expected, long found) implements Snapshot {}

        /** No regular file, or one that changed during every attempt to read it. */
        record Unreadable(String why) implements Snapshot {}
    }

    /**
     * Begins with a firmware's template.
     *
     * @return the digest of what was written
     * @throws IOException when the template has another size, or the medium fails
     */
    public Digest create(FirmwareImage firmware) throws IOException {
        return replace(FirmwareImages.content(firmware.variableTemplate(), SIZE_MAX));
    }

    /**
     * Reads the variables while QEMU may be writing them. Exact only while the guest's processors
     * stand still.
     *
     * @throws IOException when the medium fails
     */
    public Snapshot snapshot() throws IOException {
        return switch (StableRead.read(file, SIZE_MAX)) {
            case StableRead.Outcome.Stable(byte[] image) when image.length == size ->
                    new Snapshot.Complete(ByteString.copyFrom(image), ContentDigest.of(image));
            case StableRead.Outcome.Stable(byte[] image) ->
                    new Snapshot.WrongSize(size, image.length);
            case StableRead.Outcome.Missing _ -> new Snapshot.Missing();
            case StableRead.Outcome.TooLarge(long found, int _) ->
                    new Snapshot.WrongSize(size, found);
            case StableRead.Outcome.NotRegular _ ->
                    new Snapshot.Unreadable("it is no regular file with one name");
            case StableRead.Outcome.Changing(int attempts) ->
                    new Snapshot.Unreadable(
                            "it changed during each of %d attempts to read it".formatted(attempts));
        };
    }

    /**
     * Puts a received image in place, durably and as a whole. A QEMU that waits for an incoming
     * migration opens the file again when it takes over, and so follows the rename (measured with
     * 7.2).
     *
     * @return the digest of what was written
     * @throws IllegalArgumentException when the image has another size
     * @throws IOException when the medium fails; the old content stays then
     */
    public Digest replace(byte[] image) throws IOException {
        if (image.length != size) {
            throw new IllegalArgumentException(
                    "the variables have %d bytes, not the %d of this firmware"
                            .formatted(image.length, size));
        }
        DurableFile.replace(file, image, owner);
        return ContentDigest.of(image);
    }

    /**
     * Syncs what QEMU wrote.
     *
     * @throws IOException when the medium fails
     */
    public void sync() throws IOException {
        DurableFile.sync(file);
    }
}
