package io.tlvm.agent.hypervisor.qemu;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The verbs for disks: looking, growing, and copying one to a target's export over a unix socket.
 */
public final class QmpBlock {
    private final QmpCommands qmp;

    QmpBlock(QmpCommands qmp) {
        this.qmp = qmp;
    }

    /**
     * A disk as the guest has it.
     *
     * @param device the device, like {@code disk-d0}, or QEMU's name for it
     * @param node the node behind it; empty without a medium
     * @param sizeBytes as the guest sees it
     * @param ioStatus {@code ok}, {@code failed} or {@code nospace}, where QEMU keeps it
     */
    public record BlockDevice(
            String device, Optional<String> node, long sizeBytes, Optional<String> ioStatus) {}

    /**
     * A copy under way or concluded.
     *
     * @param offset bytes done; a copy is whole only when the job ended without error and {@code
     *     offset == length}
     * @param status {@code running}, {@code ready}, {@code paused}, {@code concluded}, …
     * @param ready a mirror follows every write from now on
     */
    public record BlockJob(
            String id,
            long length,
            long offset,
            String status,
            boolean ready,
            Optional<String> error) {}

    /** {@code query-block}: the devices and what is behind them. */
    public List<BlockDevice> devices() throws InterruptedException {
        List<BlockDevice> devices = new ArrayList<>();
        for (JsonNode entry : qmp.run("query-block")) {
            JsonNode inserted = entry.path("inserted");
            devices.add(
                    new BlockDevice(
                            entry.path("qdev").asText(entry.path("device").asText()),
                            Optional.ofNullable(inserted.path("node-name").textValue()),
                            inserted.path("image").path("virtual-size").asLong(),
                            Optional.ofNullable(entry.path("io-status").textValue())));
        }
        return List.copyOf(devices);
    }

    /** {@code block_resize}: grows a disk under the running guest. */
    public void resize(String node, long bytes) throws InterruptedException {
        qmp.run("block_resize", qmp.object().put("node-name", node).put("size", bytes));
    }

    /** {@code nbd-server-start}: the target's exports listen on this socket. */
    public void serveExports(Path socket) throws InterruptedException {
        ObjectNode arguments = qmp.object();
        arguments
                .putObject("addr")
                .put("type", "unix")
                .putObject("data")
                .put("path", socket.toString());
        qmp.run("nbd-server-start", arguments);
    }

    /** {@code block-export-add}: a writable export of a node, under the node's name. */
    public void export(String node) throws InterruptedException {
        qmp.run(
                "block-export-add",
                qmp.object()
                        .put("type", "nbd")
                        .put("id", "export-" + node)
                        .put("node-name", node)
                        .put("name", node)
                        .put("writable", true));
    }

    /**
     * {@code block-export-del}, hard: also while the source is still connected.
     * BLOCK_EXPORT_DELETED follows.
     */
    public void unexport(String node) throws InterruptedException {
        qmp.run("block-export-del", qmp.object().put("id", "export-" + node).put("mode", "hard"));
    }

    /** {@code nbd-server-stop}: no more exports; disconnects whoever is left. */
    public void stopExports() throws InterruptedException {
        qmp.run("nbd-server-stop");
    }

    /**
     * {@code blockdev-add}: the target's export of that node, as {@code remote-<node>} at the
     * source.
     */
    public void connectRemote(String node, Path socket) throws InterruptedException {
        ObjectNode arguments =
                qmp.object()
                        .put("driver", "nbd")
                        .put("node-name", "remote-" + node)
                        .put("export", node);
        arguments.putObject("server").put("type", "unix").put("path", socket.toString());
        qmp.run("blockdev-add", arguments);
    }

    /** {@code blockdev-del}: forgets the target's export. */
    public void disconnectRemote(String node) throws InterruptedException {
        qmp.run("blockdev-del", qmp.object().put("node-name", "remote-" + node));
    }

    /**
     * {@code blockdev-mirror} from a disk to its remote. The job stays until dismissed, so that its
     * error is seen.
     *
     * @param blocking each guest write waits for the target's: needed when the guest writes faster
     *     than the copy
     */
    public void mirror(String node, boolean blocking) throws InterruptedException {
        qmp.run(
                "blockdev-mirror",
                qmp.object()
                        .put("job-id", "mirror-" + node)
                        .put("device", node)
                        .put("target", "remote-" + node)
                        .put("sync", "full")
                        .put("copy-mode", blocking ? "write-blocking" : "background")
                        .put("auto-dismiss", false));
    }

    /**
     * {@code block-job-cancel} of a mirror: when it is ready this completes it, and the remote is a
     * whole copy.
     */
    public void endMirror(String node) throws InterruptedException {
        qmp.run("block-job-cancel", qmp.object().put("device", "mirror-" + node));
    }

    /** {@code block-job-cancel}, forced: gives the copy up, whatever state it is in. */
    public void dropMirror(String node) throws InterruptedException {
        qmp.run(
                "block-job-cancel",
                qmp.object().put("device", "mirror-" + node).put("force", true));
    }

    /** {@code block-job-dismiss}: forgets a concluded mirror, once its error was read. */
    public void dismissMirror(String node) throws InterruptedException {
        qmp.run("block-job-dismiss", qmp.object().put("id", "mirror-" + node));
    }

    /** {@code query-block-jobs}: mirrors under way or concluded. */
    public List<BlockJob> jobs() throws InterruptedException {
        String verb = "query-block-jobs";
        List<BlockJob> jobs = new ArrayList<>();
        for (JsonNode job : qmp.run(verb)) {
            jobs.add(
                    new BlockJob(
                            Wire.text(verb, job, "device"),
                            Wire.number(verb, job, "len"),
                            Wire.number(verb, job, "offset"),
                            Wire.text(verb, job, "status"),
                            Wire.flag(verb, job, "ready"),
                            Optional.ofNullable(job.path("error").textValue())));
        }
        return List.copyOf(jobs);
    }
}
