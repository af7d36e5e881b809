package io.tlvm.catalog.postgres;

import io.smallrye.mutiny.Uni;
import io.tlvm.catalog.catalog.Urn;
import io.tlvm.catalog.store.StoreRecords;
import io.tlvm.catalog.verification.Content;
import io.tlvm.catalog.verification.ContentDigest;
import io.tlvm.foundation.postgres.Database;

import jakarta.inject.Singleton;
import jakarta.persistence.LockModeType;

import org.hibernate.reactive.mutiny.Mutiny;

import java.time.Instant;
import java.util.Optional;

/** Records about content in PostgreSQL. */
@Singleton
class PostgresStore implements StoreRecords {
    private static final String FORGET_UNNAMED =
            "delete from stored_content where digest = :digest"
                    + " and not exists (select from gallery_image where digest = :digest)"
                    + " and not exists (select from image_version where digest = :digest)";

    private final Database database;

    PostgresStore(Database database) {
        this.database = database;
    }

    @Override
    public Optional<Content> content(ContentDigest digest) {
        return database.inTransaction(
                session ->
                        StoredContentRow.<StoredContentRow>list("digest", digest.text())
                                .map(
                                        found ->
                                                found.stream()
                                                        .map(StoredContentRow::content)
                                                        .findFirst()));
    }

    @Override
    public Brought bring(Content content, Optional<Urn> row) {
        return database.inTransaction(
                session ->
                        session.createNativeQuery(
                                        "insert into stored_content (digest, size_bytes, format)"
                                                + " values (:digest, :size, :format) on conflict"
                                                + " (digest) do update set create_time = now()")
                                .setParameter("digest", content.digest().text())
                                .setParameter("size", content.sizeBytes())
                                .setParameter("format", content.format().text())
                                .executeUpdate()
                                .chain(
                                        () ->
                                                row.isPresent()
                                                        ? pin(row.get(), content)
                                                        : Uni.createFrom()
                                                                .item(new Brought.Recorded())));
    }

    /** The first pin wins; the row lock makes a second one wait and then see it. */
    private static Uni<Brought> pin(Urn urn, Content content) {
        return ImageVersionRow.<ImageVersionRow>find("name", urn.name())
                .withLock(LockModeType.PESSIMISTIC_WRITE)
                .singleResult()
                .map(
                        row -> {
                            Optional<Content> pinned = row.content();
                            if (pinned.isEmpty()) {
                                row.pin(content);
                                return new Brought.Recorded();
                            }
                            return pinned.get().equals(content)
                                    ? new Brought.Recorded()
                                    : new Brought.RowPinned(pinned.get());
                        });
    }

    @Override
    public boolean forgetUnnamed(ContentDigest digest) {
        return database.inTransaction(
                session ->
                        lockContent(session, digest)
                                .chain(
                                        () ->
                                                session.createNativeQuery(FORGET_UNNAMED)
                                                        .setParameter("digest", digest.text())
                                                        .executeUpdate())
                                .map(deleted -> deleted == 1));
    }

    @Override
    public boolean forgetUnnamed(ContentDigest digest, Instant then) {
        return database.inTransaction(
                session ->
                        lockContent(session, digest)
                                .chain(
                                        () ->
                                                session.createNativeQuery(
                                                                FORGET_UNNAMED
                                                                        + " and create_time <"
                                                                        + " :then")
                                                        .setParameter("digest", digest.text())
                                                        .setParameter("then", then)
                                                        .executeUpdate())
                                .map(deleted -> deleted == 1));
    }

    @Override
    public void forgetDamaged(ContentDigest digest) {
        database.inTransaction(
                session ->
                        session.createNativeQuery(
                                        "delete from stored_content where digest = :digest")
                                .setParameter("digest", digest.text())
                                .executeUpdate());
    }

    /**
     * Whoever names content and whoever forgets it take this lock first; the statement after it
     * sees what the other committed.
     */
    static Uni<Boolean> lockContent(Mutiny.Session session, ContentDigest digest) {
        return session.createNativeQuery(
                        "select digest from stored_content where digest = :digest for update",
                        String.class)
                .setParameter("digest", digest.text())
                .getResultList()
                .map(found -> !found.isEmpty());
    }
}
