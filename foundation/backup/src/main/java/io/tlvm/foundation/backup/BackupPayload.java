package io.tlvm.foundation.backup;

import io.tlvm.foundation.backup.BackupRefusal.PayloadDiffers;
import io.tlvm.foundation.secret.KeyBytes;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/** What a backup protects. Whoever has it closes it. */
public final class BackupPayload implements AutoCloseable {
    private static final int PARTS = 3;

    private final Optional<TpmState> tpm;
    private final byte[] variables;

    /**
     * @param tpm empty for a machine without vTPM; closed with this object
     * @param variables the content of VARS.fd; kept and wiped
     */
    public BackupPayload(Optional<TpmState> tpm, byte[] variables) {
        this.tpm = tpm;
        this.variables = variables;
    }

    /**
     * A vTPM's permanent state, still encrypted, and the key for it: so it may lie in a file, and
     * swtpm reads it as it is.
     *
     * @param key swtpm's, made for this backup
     * @param file the content of {@code tpm2-00.permall}
     */
    public record TpmState(KeyBytes key, byte[] file) implements AutoCloseable {
        @Override
        public void close() {
            key.close();
        }

        /** Says only how large it is. */
        @Override
        public String toString() {
            return "TpmState[" + file.length + " bytes]";
        }
    }

    /** The vTPM; empty for a machine without one. */
    public Optional<TpmState> tpm() {
        return tpm;
    }

    /** The content of VARS.fd. */
    public byte[] variables() {
        return variables.clone();
    }

    /** Key, vTPM, variables, each preceded by its length. The caller wipes the array. */
    byte[] encode() {
        byte[] key = tpm.map(state -> state.key().open(byte[]::clone)).orElse(new byte[0]);
        byte[] file = tpm.map(TpmState::file).orElse(new byte[0]);
        try {
            return ByteBuffer.allocate(
                            PARTS * Integer.BYTES + key.length + file.length + variables.length)
                    .putInt(key.length)
                    .put(key)
                    .putInt(file.length)
                    .put(file)
                    .putInt(variables.length)
                    .put(variables)
                    .array();
        } finally {
            Arrays.fill(key, (byte) 0);
        }
    }

    /** Copies the parts; the caller wipes the array. */
    static BackupPayload decode(byte[] encoded) throws BackupRefused {
        ByteBuffer in = ByteBuffer.wrap(encoded);
        byte[] key = part(in);
        try {
            byte[] file = part(in);
            byte[] variables = part(in);
            if (in.hasRemaining()) {
                throw new PayloadDiffers("something follows its last part").asException();
            }
            if (key.length == 0 && file.length == 0) {
                return new BackupPayload(Optional.empty(), variables);
            }
            if (key.length != KeyBytes.LENGTH || file.length == 0) {
                throw new PayloadDiffers("its vTPM is incomplete").asException();
            }
            return new BackupPayload(
                    Optional.of(new TpmState(KeyBytes.take(key), file)), variables);
        } finally {
            Arrays.fill(key, (byte) 0);
        }
    }

    private static byte[] part(ByteBuffer in) throws BackupRefused {
        if (in.remaining() < Integer.BYTES) {
            throw new PayloadDiffers("a part is missing").asException();
        }
        long length = Integer.toUnsignedLong(in.getInt());
        if (length > in.remaining()) {
            throw new PayloadDiffers("a part is longer than the whole").asException();
        }
        byte[] part = new byte[(int) length];
        in.get(part);
        return part;
    }

    /** Wipes it. */
    @Override
    public void close() {
        tpm.ifPresent(TpmState::close);
        Arrays.fill(variables, (byte) 0);
    }

    /** Says only how large it is. */
    @Override
    public String toString() {
        return "BackupPayload[variables of %d bytes, %s]".formatted(variables.length, tpm);
    }
}
