package io.tlvm.agent.machine;

import io.tlvm.agent.journal.Journal;
import io.tlvm.agent.journal.JournalOpening;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.journal.AgentView;
import io.tlvm.ownership.journal.JournalRecord;

import org.jboss.logging.Logger;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The journal of one machine and its fold. Only the machine's own queue writes. */
final class MachineJournal implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(MachineJournal.class);
    private static final long COMPACT_ABOVE_BYTES = 4L << 20;

    private final VmUid vm;
    private final Journal journal;
    private final List<JournalRecord> records;
    private volatile AgentView view;

    private MachineJournal(VmUid vm, Journal journal, List<JournalRecord> records) {
        this.vm = vm;
        this.journal = journal;
        this.records = new ArrayList<>(records);
        this.view = AgentView.of(records);
    }

    /**
     * @throws MachineRefused when the file is damaged, or the medium fails
     */
    static MachineJournal open(Path directory, VmUid vm) {
        try {
            return switch (Journal.open(directory.resolve(vm + ".journal"))) {
                case JournalOpening.Opened(var journal, var payloads, var torn) -> {
                    torn.ifPresent(
                            tail ->
                                    LOG.warnf(
                                            "vm=%s the journal's last %d bytes were never"
                                                    + " acknowledged and are cut off",
                                            vm, tail.bytes()));
                    List<JournalRecord> records = new ArrayList<>();
                    for (byte[] payload : payloads) {
                        records.add(JournalCodec.decode(payload));
                    }
                    yield new MachineJournal(vm, journal, records);
                }
                case JournalOpening.Refused refused ->
                        throw new MachineRefusal.JournalUnusable(refused.message()).of(vm);
            };
        } catch (IOException failed) {
            throw new MachineRefusal.JournalUnusable(String.valueOf(failed.getMessage())).of(vm);
        }
    }

    AgentView view() {
        return view;
    }

    /** Durable when it returns; {@link #view} shows it only then. */
    void append(List<JournalRecord> added) {
        List<JournalRecord> news = new ArrayList<>();
        AgentView next = view;
        for (JournalRecord one : added) {
            AgentView then = next.with(one);
            // A repeated command would otherwise sync the same sentence again and again.
            if (!(one instanceof JournalRecord.Seen && then.equals(next))) {
                news.add(one);
                next = then;
            }
        }
        if (news.isEmpty()) {
            return;
        }
        try {
            journal.append(news.stream().map(JournalCodec::encode).toList());
            records.addAll(news);
            view = next;
            if (journal.size() > COMPACT_ABOVE_BYTES) {
                compact();
            }
        } catch (IOException failed) {
            throw new MachineRefusal.JournalUnusable(String.valueOf(failed.getMessage())).of(vm);
        }
    }

    void append(JournalRecord one) {
        append(List.of(one));
    }

    /** Of all {@code Seen} the last fold is kept, of everything else each record. */
    private void compact() throws IOException {
        List<JournalRecord> kept = new ArrayList<>();
        kept.add(new JournalRecord.Seen(view.rowVersion(), view.floorEpoch()));
        records.stream().filter(one -> !(one instanceof JournalRecord.Seen)).forEach(kept::add);
        if (!AgentView.of(kept).equals(view)) {
            throw new IllegalStateException(
                    "a compacted journal of " + vm + " would say something else");
        }
        journal.compact(kept.stream().map(JournalCodec::encode).toList());
        records.clear();
        records.addAll(kept);
    }

    @Override
    public void close() throws IOException {
        journal.close();
    }
}
