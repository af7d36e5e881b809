package io.tlvm.agent.machine;

import com.google.protobuf.ByteString;

import io.tlvm.agent.migration.VerifiedPlan;
import io.tlvm.node.v1.MachineSpec;
import io.tlvm.node.v1.StorageLocation;
import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.journal.Command;

import java.util.Optional;

/**
 * A command, with what is needed to carry it out.
 *
 * @param vm the machine
 * @param command what the row decided
 * @param spec the hardware, where the command brings it
 * @param storage where state and disks are, where the command brings it
 * @param plan the verified plan of a migration
 * @param bytesPerSecond limit of the memory stream, 0 for none
 * @param ekFingerprint the TPM that the row knows, where the command names it
 * @param sealedKey the state key of a lost node's directory, sealed to this node for this command
 */
public record Order(
        VmUid vm,
        Command command,
        Optional<MachineSpec> spec,
        Optional<StorageLocation> storage,
        Optional<VerifiedPlan> plan,
        long bytesPerSecond,
        Optional<Digest> ekFingerprint,
        Optional<ByteString> sealedKey) {

    /** A command that needs nothing but itself. */
    public static Order of(VmUid vm, Command command) {
        return new Order(
                vm,
                command,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                0,
                Optional.empty(),
                Optional.empty());
    }

    /** A command with the machine's hardware. */
    public static Order of(VmUid vm, Command command, MachineSpec spec) {
        return new Order(
                vm,
                command,
                Optional.of(spec),
                Optional.of(spec.getStorage()),
                Optional.empty(),
                0,
                Optional.empty(),
                Optional.empty());
    }

    /** A command about what lies in a place. */
    public static Order of(VmUid vm, Command command, StorageLocation storage) {
        return new Order(
                vm,
                command,
                Optional.empty(),
                Optional.of(storage),
                Optional.empty(),
                0,
                Optional.empty(),
                Optional.empty());
    }

    /** The same order with the TPM that the row knows. */
    public Order expecting(Digest fingerprint) {
        return new Order(
                vm,
                command,
                spec,
                storage,
                plan,
                bytesPerSecond,
                Optional.of(fingerprint),
                sealedKey);
    }

    /** The same order with a plan. */
    public Order with(VerifiedPlan verified, long limit) {
        return new Order(
                vm, command, spec, storage, Optional.of(verified), limit, ekFingerprint, sealedKey);
    }

    /** The same order with the key of the directory that it recovers. */
    public Order with(ByteString key) {
        return new Order(
                vm, command, spec, storage, plan, bytesPerSecond, ekFingerprint, Optional.of(key));
    }
}
