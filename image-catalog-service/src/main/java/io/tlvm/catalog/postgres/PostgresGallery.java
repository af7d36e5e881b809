package io.tlvm.catalog.postgres;

import io.smallrye.mutiny.Uni;
import io.tlvm.catalog.catalog.Inserted;
import io.tlvm.catalog.catalog.Page;
import io.tlvm.catalog.store.GalleryImage;
import io.tlvm.catalog.store.GalleryImage.State;
import io.tlvm.catalog.store.GalleryRecords;
import io.tlvm.catalog.store.ImageName;
import io.tlvm.catalog.store.StoreRefusal.ContentNotFound;
import io.tlvm.catalog.store.StoreRefused;
import io.tlvm.foundation.operation.OperationRecord;
import io.tlvm.foundation.postgres.Database;
import io.tlvm.foundation.postgres.PostgresOperations;
import io.tlvm.foundation.postgres.RequestMemory;
import io.tlvm.foundation.request.RepeatableRequest;

import jakarta.inject.Singleton;

import org.hibernate.reactive.mutiny.Mutiny;

import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/** Gallery images in PostgreSQL. */
@Singleton
class PostgresGallery implements GalleryRecords {
    private final Database database;
    private final RequestMemory<Inserted> requests;
    private final PostgresOperations operations;

    PostgresGallery(
            Database database, RequestMemory<Inserted> requests, PostgresOperations operations) {
        this.database = database;
        this.requests = requests;
        this.operations = operations;
    }

    @Override
    public Page<GalleryImage> images(String project, Page.Wanted wanted) {
        return database.inTransaction(
                session ->
                        GalleryImageRow.<GalleryImageRow>find(
                                        "project = ?1 and name > ?2 order by name",
                                        project,
                                        wanted.after())
                                .range(0, wanted.size())
                                .list()
                                .map(
                                        rows ->
                                                Page.of(
                                                        rows.stream()
                                                                .map(GalleryImageRow::toImage)
                                                                .toList(),
                                                        wanted.size(),
                                                        image -> image.name().toString())));
    }

    @Override
    public Optional<GalleryImage> image(ImageName name) {
        return database.inTransaction(
                session ->
                        GalleryImageRow.<GalleryImageRow>list("name", name.toString())
                                .map(
                                        rows ->
                                                rows.stream()
                                                        .map(GalleryImageRow::toImage)
                                                        .findFirst()));
    }

    @Override
    public Optional<Inserted> earlier(RepeatableRequest request) {
        return database.inTransaction(session -> requests.find(session, request));
    }

    @Override
    public Inserted insert(
            GalleryImage image,
            OperationRecord operation,
            String createdBy,
            Optional<RepeatableRequest> request) {
        return database.inTransaction(
                session ->
                        requests.claim(session, request, operation.name().toString())
                                .chain(
                                        earlier ->
                                                earlier.isPresent()
                                                        ? Uni.createFrom().item(earlier.get())
                                                        : insertNew(
                                                                session, image, operation,
                                                                createdBy)));
    }

    private Uni<Inserted> insertNew(
            Mutiny.Session session,
            GalleryImage image,
            OperationRecord operation,
            String createdBy) {
        return PostgresStore.lockContent(session, image.content().digest())
                .invoke(
                        there -> {
                            if (!there) {
                                throw new StoreRefused(
                                        new ContentNotFound(image.content().digest()));
                            }
                        })
                // Serializes two creations of one name, so that the loser sees the row instead of
                // an error.
                .chain(() -> lockName(session, image.name()))
                .chain(() -> GalleryImageRow.count("name", image.name().toString()))
                .chain(
                        there -> {
                            if (there > 0) {
                                // A request that failed is not remembered: nothing of this
                                // transaction stays.
                                Objects.requireNonNull(session.currentTransaction())
                                        .markForRollback();
                                return Uni.createFrom().<Inserted>item(new Inserted.NameTaken());
                            }
                            return GalleryImageRow.of(image, createdBy)
                                    .persistAndFlush()
                                    .chain(() -> operations.insert(session, operation))
                                    .replaceWith(new Inserted.Fresh());
                        });
    }

    private static Uni<Void> lockName(Mutiny.Session session, ImageName name) {
        return session.createNativeQuery(
                        "select 1 from pg_advisory_xact_lock(hashtextextended(:name, 0))",
                        Integer.class)
                .setParameter("name", name.toString())
                .getResultList()
                .replaceWithVoid();
    }

    @Override
    public void end(ImageName name, UUID uid, State state) {
        database.inTransaction(
                session ->
                        session.createNativeQuery(
                                        "update gallery_image set state = :state, revision ="
                                            + " revision + 1 where name = :name and uid = :uid and"
                                            + " state = 'CREATING'")
                                .setParameter("state", state.name())
                                .setParameter("name", name.toString())
                                .setParameter("uid", uid)
                                .executeUpdate());
    }

    @Override
    public boolean delete(GalleryImage image, OperationRecord operation) {
        return database.inTransaction(
                session ->
                        session.createNativeQuery(
                                        "delete from gallery_image where name = :name and uid ="
                                                + " :uid and revision = :revision")
                                .setParameter("name", image.name().toString())
                                .setParameter("uid", image.uid())
                                .setParameter("revision", image.revision())
                                .executeUpdate()
                                .chain(
                                        deleted ->
                                                deleted == 0
                                                        ? Uni.createFrom().item(false)
                                                        : operations
                                                                .insert(session, operation)
                                                                .replaceWith(true)));
    }

    @Override
    public void abandon(ImageName name, UUID uid) {
        database.inTransaction(
                session ->
                        session.createNativeQuery(
                                        "delete from gallery_image where name = :name and uid ="
                                                + " :uid and state = 'CREATING'")
                                .setParameter("name", name.toString())
                                .setParameter("uid", uid)
                                .executeUpdate());
    }
}
