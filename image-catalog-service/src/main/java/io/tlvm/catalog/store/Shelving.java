package io.tlvm.catalog.store;

import io.tlvm.catalog.catalog.Urn;
import io.tlvm.catalog.store.ContentShelf.Partial;
import io.tlvm.catalog.store.StoreRecords.Brought;
import io.tlvm.catalog.verification.Content;
import io.tlvm.catalog.verification.ContentDigest;

import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Keeps shelf and records in step. Bytes come before their record and go after it, and the two
 * never cross: content that is published while the last image of it is deleted stays whole. One
 * lock is enough, because one process has the shelf.
 */
public final class Shelving {
    private final ContentShelf shelf;
    private final StoreRecords records;
    private final ReentrantLock lock = new ReentrantLock();

    public Shelving(ContentShelf shelf, StoreRecords records) {
        this.shelf = shelf;
        this.records = records;
    }

    /** Publishes verified bytes and records them. */
    Brought publish(Partial partial, Content content, Optional<Urn> row) throws IOException {
        lock.lock();
        try {
            partial.publish();
            return records.bring(content, row);
        } finally {
            lock.unlock();
        }
    }

    /** Pins content that is on the shelf already. */
    Brought pin(Content content, Optional<Urn> row) throws IOException {
        lock.lock();
        try {
            return records.bring(content, row);
        } finally {
            lock.unlock();
        }
    }

    /** Removes content that nothing names any more. */
    public void removeUnnamed(ContentDigest digest) throws IOException {
        lock.lock();
        try {
            if (records.forgetUnnamed(digest)) {
                shelf.remove(digest);
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Removes content that nobody brought since {@code then} and that nothing names: of an upload
     * that no image was made of, or of a process that died between the bytes and their record.
     *
     * @return whether it went
     */
    boolean removeOrphan(ContentDigest digest, Instant then) throws IOException {
        lock.lock();
        try {
            if (!records.forgetUnnamed(digest, then) && records.content(digest).isPresent()) {
                return false;
            }
            shelf.remove(digest);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Puts content aside that no longer has its digest; it can be brought again. */
    public void putAside(ContentDigest digest) throws IOException {
        lock.lock();
        try {
            records.forgetDamaged(digest);
            shelf.quarantine(digest);
        } finally {
            lock.unlock();
        }
    }
}
