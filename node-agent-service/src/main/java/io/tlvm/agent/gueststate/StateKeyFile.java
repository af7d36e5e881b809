package io.tlvm.agent.gueststate;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;

import io.tlvm.agent.keys.KeyWrap;
import io.tlvm.agent.keys.Recipient;
import io.tlvm.foundation.file.DurableFile;
import io.tlvm.foundation.file.FileOwner;
import io.tlvm.foundation.file.StableRead;
import io.tlvm.node.storage.v1.KeyFile;
import io.tlvm.node.storage.v1.WrappedKey;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The file KEY of a state directory: its state key, wrapped for the node and for the cluster's
 * recovery key.
 */
public final class StateKeyFile {
    private static final int FORMAT = 1;
    private static final int WRAPS_MAX = 8;
    private static final int FILE_MAX = 16 * 1024;

    private StateKeyFile() {}

    /** What the file says. */
    public sealed interface Reading {
        /** The wraps, in the order in which they were written. */
        record Wraps(List<KeyWrap> wraps) implements Reading {
            /** Keeps an unmodifiable list. */
            public Wraps {
                wraps = List.copyOf(wraps);
            }

            /** The wrap for one recipient. */
            public Optional<KeyWrap> of(Recipient recipient) {
                return wraps.stream()
                        .filter(wrap -> wrap.recipient().equals(recipient))
                        .findFirst();
            }
        }

        /** There is none: the state was destroyed, or never finished. */
        record Missing() implements Reading {}

        /** The key of another machine or directory. */
        record Foreign(VmUid expectedVm, StateRef expectedRef, String foundVm, String foundRef)
                implements Reading {}

        /** Not a file that this agent wrote. */
        record Unreadable(String why) implements Reading {}
    }

    /**
     * Writes the file, durably and as a whole.
     *
     * @param wraps 1 to 8, one per recipient
     * @throws IOException when the medium is full or fails; the old content stays then
     */
    public static void write(StateDirectory directory, List<KeyWrap> wraps) throws IOException {
        long recipients = wraps.stream().map(KeyWrap::recipient).distinct().count();
        if (wraps.isEmpty() || wraps.size() > WRAPS_MAX || recipients != wraps.size()) {
            throw new IllegalArgumentException(
                    "a state key is wrapped for 1 to %d different recipients".formatted(WRAPS_MAX));
        }
        KeyFile.Builder file =
                KeyFile.newBuilder()
                        .setFormat(FORMAT)
                        .setVmUid(directory.vm().value())
                        .setStateRef(directory.ref().value());
        for (KeyWrap wrap : wraps) {
            file.addWraps(
                    WrappedKey.newBuilder()
                            .setRecipient(wrap.recipient().value())
                            .setSealed(wrap.sealed()));
        }
        DurableFile.replace(directory.key(), file.build().toByteArray(), FileOwner.ofThisProcess());
    }

    /**
     * Reads the file.
     *
     * @throws IOException when the medium fails
     */
    public static Reading read(StateDirectory directory) throws IOException {
        return switch (StableRead.read(directory.key(), FILE_MAX)) {
            case StableRead.Outcome.Stable(byte[] content) -> parse(directory, content);
            case StableRead.Outcome.Missing _ -> new Reading.Missing();
            case StableRead.Outcome.NotRegular _ ->
                    new Reading.Unreadable("it is no regular file with one name");
            case StableRead.Outcome.TooLarge(long size, int max) ->
                    new Reading.Unreadable("it has %d bytes, more than %d".formatted(size, max));
            case StableRead.Outcome.Changing _ ->
                    new Reading.Unreadable("another process keeps writing it");
        };
    }

    private static Reading parse(StateDirectory directory, byte[] content) {
        try {
            KeyFile file = KeyFile.parseFrom(content);
            if (file.getFormat() != FORMAT) {
                return new Reading.Unreadable(
                        "its format is %d, known is %d".formatted(file.getFormat(), FORMAT));
            }
            if (!ByteString.copyFrom(content).equals(file.toByteString())) {
                return new Reading.Unreadable("it is not encoded as this agent does");
            }
            if (!file.getVmUid().equals(directory.vm().value())
                    || !file.getStateRef().equals(directory.ref().value())) {
                return new Reading.Foreign(
                        directory.vm(), directory.ref(), file.getVmUid(), file.getStateRef());
            }
            if (file.getWrapsCount() == 0 || file.getWrapsCount() > WRAPS_MAX) {
                return new Reading.Unreadable("it has %d wraps".formatted(file.getWrapsCount()));
            }
            List<KeyWrap> wraps = new ArrayList<>();
            for (WrappedKey wrap : file.getWrapsList()) {
                wraps.add(new KeyWrap(new Recipient(wrap.getRecipient()), wrap.getSealed()));
            }
            return new Reading.Wraps(wraps);
        } catch (InvalidProtocolBufferException | IllegalArgumentException broken) {
            return new Reading.Unreadable("it is broken: " + broken.getMessage());
        }
    }
}
