package io.tlvm.vm.machine;

import com.google.rpc.Status;

import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.vm.backup.MadeBackup;
import io.tlvm.vm.migration.MigrationRecord;
import io.tlvm.vm.node.StoragePath;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A VM as users see it; who may run it is in its ownership row.
 *
 * @param image the gallery image that was asked for
 * @param pinned its content, once RESOLVE_IMAGE found it
 * @param storagePath where its state and disks are, once PLACE chose it
 * @param osDisk file name of the boot disk below the VM's disk directory; a shared path keeps it
 *     over every move
 * @param runAsUid user id of its processes, the same on every node
 * @param backup the last one of its guest state
 * @param revision counts the changes that an etag shows
 * @param lastError why the last operation failed
 */
public record Machine(
        VmUid uid,
        MachineName name,
        Map<String, String> labels,
        Hardware hardware,
        Security security,
        String image,
        Optional<PinnedImage> pinned,
        Optional<String> wantedStoragePath,
        Optional<StoragePath> storagePath,
        Optional<NodeName> wantedNode,
        String osDisk,
        int runAsUid,
        Provisioning provisioning,
        Optional<Status> lastError,
        List<Condition> conditions,
        Optional<HostDetails> host,
        Optional<MigrationRecord> migration,
        Optional<MadeBackup> backup,
        long revision,
        String creator,
        Instant createTime,
        Instant updateTime,
        Optional<Instant> deleteTime) {

    public Machine {
        labels = Map.copyOf(labels);
        conditions = List.copyOf(conditions);
    }

    /** RFC 9110: quoted. */
    public String etag() {
        return "\"" + revision + "\"";
    }

    /**
     * QEMU's own prefix and three bytes of SHA-256 over the uid, so that it needs no allocation and
     * never changes.
     */
    public String mac() {
        try {
            byte[] hash =
                    MessageDigest.getInstance("SHA-256")
                            .digest(uid.value().getBytes(StandardCharsets.US_ASCII));
            return String.format("52:54:00:%02x:%02x:%02x", hash[0], hash[1], hash[2]);
        } catch (NoSuchAlgorithmException everyJdkHasIt) {
            throw new IllegalStateException(everyJdkHasIt);
        }
    }
}
