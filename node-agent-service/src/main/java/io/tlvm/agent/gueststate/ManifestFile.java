package io.tlvm.agent.gueststate;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;

import io.tlvm.agent.keys.DirectoryKeys;
import io.tlvm.agent.keys.MigrationKey;
import io.tlvm.foundation.file.DurableFile;
import io.tlvm.foundation.file.FileOwner;
import io.tlvm.foundation.file.StableRead;
import io.tlvm.foundation.keyset.ContextInfo;
import io.tlvm.node.storage.v1.SealedManifest;
import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Optional;

/**
 * The file MANIFEST of a state directory: sealed under a key that only this directory's state key
 * gives, bound to machine, directory, node and seq. Its format is {@code
 * tlvm.node.storage.v1.SealedManifest}.
 */
public final class ManifestFile {
    private static final int FORMAT = 1;
    private static final int FILE_MAX = 64 * 1024;
    private static final String LABEL = "tlvm/manifest/1";

    private ManifestFile() {}

    /** What the file says. */
    public sealed interface Reading {
        /**
         * Sealed under this directory's key, for this directory. The caller closes its migration
         * key.
         */
        record Valid(Manifest manifest) implements Reading {}

        /** There is none. */
        record Missing() implements Reading {}

        /** It says that it is the manifest of another machine or directory. */
        record Foreign(String expected, String found) implements Reading {}

        /** Changed, truncated, sealed under another key, or in an unknown format. */
        record Rejected(String why) implements Reading {}
    }

    /**
     * Seals and writes a manifest, durably and as a whole.
     *
     * @throws IllegalArgumentException when it is the manifest of another directory
     * @throws IOException when the medium is full or fails; the old content stays then
     */
    public static void write(StateDirectory directory, Manifest manifest, DirectoryKeys keys)
            throws IOException {
        if (!manifest.vm().equals(directory.vm()) || !manifest.ref().equals(directory.ref())) {
            throw new IllegalArgumentException(
                    "the manifest of %s/%s does not belong into %s/%s"
                            .formatted(
                                    manifest.vm(),
                                    manifest.ref(),
                                    directory.vm(),
                                    directory.ref()));
        }
        SealedManifest.Builder file =
                SealedManifest.newBuilder()
                        .setFormat(FORMAT)
                        .setVmUid(manifest.vm().value())
                        .setStateRef(manifest.ref().value())
                        .setNode(manifest.node().value())
                        .setSeq(manifest.seq());
        byte[] plaintext = toProto(manifest).toByteArray();
        try {
            file.setSealed(
                    ByteString.copyFrom(
                            keys.sealManifest(plaintext, context(file.buildPartial()))));
        } finally {
            Arrays.fill(plaintext, (byte) 0);
        }
        DurableFile.replace(
                directory.manifest(), file.build().toByteArray(), FileOwner.ofThisProcess());
    }

    /**
     * Reads and opens the manifest of a directory.
     *
     * @throws IOException when the medium fails
     */
    public static Reading read(StateDirectory directory, DirectoryKeys keys) throws IOException {
        return switch (StableRead.read(directory.manifest(), FILE_MAX)) {
            case StableRead.Outcome.Stable(byte[] content) -> open(directory, content, keys);
            case StableRead.Outcome.Missing _ -> new Reading.Missing();
            case StableRead.Outcome.NotRegular _ ->
                    new Reading.Rejected("it is no regular file with one name");
            case StableRead.Outcome.TooLarge(long size, int max) ->
                    new Reading.Rejected("it has %d bytes, more than %d".formatted(size, max));
            case StableRead.Outcome.Changing _ ->
                    new Reading.Rejected("another process keeps writing it");
        };
    }

    private static Reading open(StateDirectory directory, byte[] content, DirectoryKeys keys) {
        SealedManifest file;
        try {
            file = SealedManifest.parseFrom(content);
        } catch (InvalidProtocolBufferException broken) {
            return new Reading.Rejected("it is empty, truncated or changed");
        }
        if (file.getFormat() != FORMAT) {
            return new Reading.Rejected(
                    "its format is %d, known is %d".formatted(file.getFormat(), FORMAT));
        }
        if (!ByteString.copyFrom(content).equals(file.toByteString())) {
            return new Reading.Rejected("it is not encoded as the agent does, so it was changed");
        }
        if (!file.getVmUid().equals(directory.vm().value())
                || !file.getStateRef().equals(directory.ref().value())) {
            return new Reading.Foreign(
                    directory.vm() + "/" + directory.ref(),
                    file.getVmUid() + "/" + file.getStateRef());
        }
        try {
            byte[] plaintext = keys.openManifest(file.getSealed().toByteArray(), context(file));
            try {
                return new Reading.Valid(
                        toManifest(
                                directory,
                                file,
                                io.tlvm.node.storage.v1.Manifest.parseFrom(plaintext)));
            } finally {
                Arrays.fill(plaintext, (byte) 0);
            }
        } catch (GeneralSecurityException notOurs) {
            return new Reading.Rejected("it was changed, or sealed under another key");
        } catch (InvalidProtocolBufferException | IllegalArgumentException nonsense) {
            return new Reading.Rejected(
                    "its sealed content is no manifest: " + nonsense.getMessage());
        }
    }

    private static ContextInfo context(SealedManifest file) {
        return ContextInfo.of(
                LABEL,
                file.getVmUid(),
                file.getStateRef(),
                file.getNode(),
                Long.toUnsignedString(file.getSeq()));
    }

    private static io.tlvm.node.storage.v1.Manifest toProto(Manifest manifest) {
        var proto =
                io.tlvm.node.storage.v1.Manifest.newBuilder()
                        .setStatus(
                                switch (manifest.status()) {
                                    case OPEN ->
                                            io.tlvm.node.storage.v1.Manifest.Status.STATUS_OPEN;
                                    case CLOSED ->
                                            io.tlvm.node.storage.v1.Manifest.Status.STATUS_CLOSED;
                                })
                        .setRanEpoch(manifest.ranEpoch().value())
                        .setHere(manifest.here())
                        .setVarsDigest(manifest.variables().value())
                        .setFirmwareId(manifest.firmwareId());
        manifest.tpm()
                .ifPresent(
                        tpm ->
                                proto.setTpm(
                                        io.tlvm.node.storage.v1.Tpm.newBuilder()
                                                .setPayloadDigest(tpm.payload().value())
                                                .setEkFingerprint(tpm.ekFingerprint().value())
                                                .setMigrationKey(
                                                        tpm.migrationKey()
                                                                .<ByteString, RuntimeException>open(
                                                                        ByteString::copyFrom))
                                                .setSwtpmVersion(tpm.swtpmVersion())));
        for (Manifest.PastState past : manifest.history()) {
            proto.addHistory(
                    io.tlvm.node.storage.v1.PastState.newBuilder()
                            .setSeq(past.seq())
                            .setTpmPayloadDigest(past.tpm().map(Digest::value).orElse(""))
                            .setVarsDigest(past.variables().value()));
        }
        return proto.build();
    }

    private static Manifest toManifest(
            StateDirectory directory, SealedManifest file, io.tlvm.node.storage.v1.Manifest proto) {
        Manifest.Status status =
                switch (proto.getStatus()) {
                    case STATUS_OPEN -> Manifest.Status.OPEN;
                    case STATUS_CLOSED -> Manifest.Status.CLOSED;
                    case STATUS_UNSPECIFIED, UNRECOGNIZED ->
                            throw new IllegalArgumentException(
                                    "unknown status " + proto.getStatusValue());
                };
        return new Manifest(
                directory.vm(),
                directory.ref(),
                new NodeName(file.getNode()),
                file.getSeq(),
                status,
                new Epoch(proto.getRanEpoch()),
                proto.getHere(),
                proto.hasTpm() ? Optional.of(toTpm(proto.getTpm())) : Optional.empty(),
                new Digest(proto.getVarsDigest()),
                proto.getFirmwareId(),
                proto.getHistoryList().stream().map(ManifestFile::toPastState).toList());
    }

    private static Manifest.Tpm toTpm(io.tlvm.node.storage.v1.Tpm proto) {
        return new Manifest.Tpm(
                new Digest(proto.getPayloadDigest()),
                new Digest(proto.getEkFingerprint()),
                MigrationKey.of(proto.getMigrationKey().toByteArray()),
                proto.getSwtpmVersion());
    }

    private static Manifest.PastState toPastState(io.tlvm.node.storage.v1.PastState proto) {
        return new Manifest.PastState(
                proto.getSeq(),
                proto.getTpmPayloadDigest().isEmpty()
                        ? Optional.empty()
                        : Optional.of(new Digest(proto.getTpmPayloadDigest())),
                new Digest(proto.getVarsDigest()));
    }
}
