package io.tlvm.catalog.postgres;

import io.smallrye.mutiny.Uni;
import io.tlvm.catalog.catalog.ImageVersion;
import io.tlvm.catalog.catalog.Inserted;
import io.tlvm.catalog.catalog.MarketplaceRecords;
import io.tlvm.catalog.catalog.Page;
import io.tlvm.catalog.catalog.Publisher;
import io.tlvm.catalog.catalog.Urn;
import io.tlvm.catalog.catalog.VersionFilter;
import io.tlvm.catalog.verification.SigningKey;
import io.tlvm.foundation.postgres.Database;
import io.tlvm.foundation.postgres.RequestMemory;
import io.tlvm.foundation.request.RepeatableRequest;

import jakarta.inject.Singleton;

import org.hibernate.reactive.mutiny.Mutiny;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The marketplace in PostgreSQL. */
@Singleton
class PostgresMarketplace implements MarketplaceRecords {
    private final Database database;
    private final RequestMemory<Inserted> requests;

    PostgresMarketplace(Database database, RequestMemory<Inserted> requests) {
        this.database = database;
        this.requests = requests;
    }

    @Override
    public Page<Publisher> publishers(Page.Wanted wanted) {
        return database.inTransaction(
                session ->
                        PublisherRow.<PublisherRow>find("id > ?1 order by id", wanted.after())
                                .range(0, wanted.size())
                                .list()
                                .chain(PostgresMarketplace::withKeys)
                                .map(found -> Page.of(found, wanted.size(), Publisher::id)));
    }

    @Override
    public Optional<Publisher> publisher(String id) {
        return database.inTransaction(
                session ->
                        PublisherRow.<PublisherRow>list("id", id)
                                .chain(PostgresMarketplace::withKeys)
                                .map(found -> found.stream().findFirst()));
    }

    @Override
    public Inserted insert(
            Publisher publisher, String createdBy, Optional<RepeatableRequest> request) {
        return database.inTransaction(
                session ->
                        requests.claim(session, request, publisher.id())
                                .chain(
                                        earlier ->
                                                earlier.isPresent()
                                                        ? Uni.createFrom().item(earlier.get())
                                                        : insertNew(
                                                                session, publisher, createdBy)));
    }

    private static Uni<Inserted> insertNew(
            Mutiny.Session session, Publisher publisher, String createdBy) {
        return session.createNativeQuery(
                        "insert into publisher (id, display_name, seeded, created_by, create_time)"
                                + " values (:id, :displayName, :seeded, :createdBy, :createTime) on"
                                + " conflict do nothing")
                .setParameter("id", publisher.id())
                .setParameter("displayName", publisher.displayName())
                .setParameter("seeded", publisher.seeded())
                .setParameter("createdBy", createdBy)
                .setParameter("createTime", publisher.createTime())
                .executeUpdate()
                .map(inserted -> inserted == 1 ? new Inserted.Fresh() : taken(session));
    }

    /** A request that failed is not remembered: nothing of this transaction stays. */
    static Inserted taken(Mutiny.Session session) {
        Objects.requireNonNull(session.currentTransaction()).markForRollback();
        return new Inserted.NameTaken();
    }

    @Override
    public boolean pin(String publisher, SigningKey key, String addedBy) {
        return database.inTransaction(
                session ->
                        PublisherRow.count("id", publisher)
                                .chain(
                                        found ->
                                                found == 0
                                                        ? Uni.createFrom().item(false)
                                                        : session.createNativeQuery(
                                                                        "insert into publisher_key"
                                                                            + " (publisher,"
                                                                            + " fingerprint,"
                                                                            + " public_key,"
                                                                            + " added_by) values"
                                                                            + " (:publisher,"
                                                                            + " :fingerprint, :key,"
                                                                            + " :addedBy) on"
                                                                            + " conflict do"
                                                                            + " nothing")
                                                                .setParameter(
                                                                        "publisher", publisher)
                                                                .setParameter(
                                                                        "fingerprint",
                                                                        key.fingerprint())
                                                                .setParameter("key", key.der())
                                                                .setParameter("addedBy", addedBy)
                                                                .executeUpdate()
                                                                .replaceWith(true)));
    }

    @Override
    public Page<ImageVersion> versions(VersionFilter filter, Page.Wanted wanted) {
        var where = new StringBuilder("name > :after");
        Map<String, Object> values = new HashMap<>(Map.of("after", wanted.after()));
        filter.publisher().ifPresent(value -> and(where, values, "publisher", value));
        filter.offer().ifPresent(value -> and(where, values, "offer", value));
        filter.sku().ifPresent(value -> and(where, values, "sku", value));
        filter.trustedLaunch().ifPresent(value -> and(where, values, "trustedLaunch", value));
        return database.inTransaction(
                session ->
                        ImageVersionRow.<ImageVersionRow>find(where + " order by name", values)
                                .range(0, wanted.size())
                                .list()
                                .chain(PostgresMarketplace::withMedia)
                                .map(
                                        found ->
                                                Page.of(
                                                        found,
                                                        wanted.size(),
                                                        version -> version.urn().name())));
    }

    private static void and(
            StringBuilder where, Map<String, Object> values, String column, Object value) {
        where.append(" and ").append(column).append(" = :").append(column);
        values.put(column, value);
    }

    @Override
    public Optional<ImageVersion> version(Urn exact) {
        return database.inTransaction(
                session ->
                        ImageVersionRow.<ImageVersionRow>list("name", exact.name())
                                .chain(PostgresMarketplace::withMedia)
                                .map(found -> found.stream().findFirst()));
    }

    @Override
    public List<String> versionsOf(String publisher, String offer, String sku) {
        return database.inTransaction(
                session ->
                        session.createSelectionQuery(
                                        "select version from ImageVersionRow where publisher ="
                                                + " :publisher and offer = :offer and sku = :sku",
                                        String.class)
                                .setParameter("publisher", publisher)
                                .setParameter("offer", offer)
                                .setParameter("sku", sku)
                                .getResultList());
    }

    @Override
    public List<Urn> urns(int max) {
        return database.inTransaction(
                session ->
                        session.createSelectionQuery(
                                        "select name from ImageVersionRow order by name",
                                        String.class)
                                .setMaxResults(max)
                                .getResultList()
                                .map(
                                        names ->
                                                names.stream()
                                                        .map(Urn::fromName)
                                                        .flatMap(Optional::stream)
                                                        .toList()));
    }

    @Override
    public boolean insert(ImageVersion version, byte[] statement, byte[] signature) {
        String name = version.urn().name();
        return database.inTransaction(
                session ->
                        session.createNativeQuery(
                                        // Serializes two publications of one name, so that the
                                        // loser sees the row instead of an error.
                                        "select 1 from"
                                            + " pg_advisory_xact_lock(hashtextextended(:name, 0))",
                                        Integer.class)
                                .setParameter("name", name)
                                .getResultList()
                                .chain(() -> ImageVersionRow.count("name", name))
                                .chain(
                                        there ->
                                                there > 0
                                                        ? Uni.createFrom().item(false)
                                                        : ImageVersionRow.of(version)
                                                                .persistAndFlush()
                                                                .chain(
                                                                        () -> {
                                                                            var proof =
                                                                                    new ImageStatementRow();
                                                                            proof.name = name;
                                                                            proof.statement =
                                                                                    statement;
                                                                            proof.signature =
                                                                                    signature;
                                                                            return proof
                                                                                    .persistAndFlush();
                                                                        })
                                                                .replaceWith(true)));
    }

    @Override
    public Optional<byte[]> statementOf(Urn exact) {
        return database.inTransaction(
                session ->
                        ImageStatementRow.<ImageStatementRow>list("name", exact.name())
                                .map(
                                        found ->
                                                found.stream()
                                                        .map(row -> row.statement)
                                                        .findFirst()));
    }

    private static Uni<List<Publisher>> withKeys(List<PublisherRow> rows) {
        if (rows.isEmpty()) {
            return Uni.createFrom().item(List.of());
        }
        return PublisherKeyRow.<PublisherKeyRow>list(
                        "publisher in ?1 order by id", rows.stream().map(row -> row.id).toList())
                .map(
                        keys -> {
                            Map<String, List<SigningKey>> pinned =
                                    keys.stream()
                                            .collect(
                                                    Collectors.groupingBy(
                                                            key -> key.publisher,
                                                            Collectors.mapping(
                                                                    PostgresMarketplace::key,
                                                                    Collectors.toList())));
                            return rows.stream()
                                    .map(
                                            row ->
                                                    new Publisher(
                                                            row.id,
                                                            row.displayName,
                                                            row.seeded,
                                                            pinned.getOrDefault(row.id, List.of()),
                                                            row.createTime))
                                    .toList();
                        });
    }

    private static SigningKey key(PublisherKeyRow row) {
        try {
            return SigningKey.parseDer(row.publicKey);
        } catch (SigningKey.KeyNotAccepted e) {
            throw new IllegalStateException(
                    "a pinned key in the database is damaged: " + row.fingerprint, e);
        }
    }

    /** Adds what the store holds of the rows' content. */
    private static Uni<List<ImageVersion>> withMedia(List<ImageVersionRow> rows) {
        Set<String> digests = new HashSet<>();
        rows.forEach(
                row -> row.content().ifPresent(content -> digests.add(content.digest().text())));
        Uni<Set<String>> stored =
                digests.isEmpty()
                        ? Uni.createFrom().item(Set.of())
                        : StoredContentRow.<StoredContentRow>list("digest in ?1", digests)
                                .map(
                                        found ->
                                                found.stream()
                                                        .map(row -> row.digest)
                                                        .collect(Collectors.toSet()));
        return stored.map(there -> rows.stream().map(row -> row.toVersion(there)).toList());
    }
}
