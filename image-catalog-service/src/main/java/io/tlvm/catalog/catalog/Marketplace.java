package io.tlvm.catalog.catalog;

import io.tlvm.catalog.catalog.CatalogRefusal.HasNoContent;
import io.tlvm.catalog.catalog.CatalogRefusal.KeyMalformed;
import io.tlvm.catalog.catalog.CatalogRefusal.PublisherExists;
import io.tlvm.catalog.catalog.CatalogRefusal.PublisherNotFound;
import io.tlvm.catalog.catalog.CatalogRefusal.PublisherNotTrusted;
import io.tlvm.catalog.catalog.CatalogRefusal.RequestIdReused;
import io.tlvm.catalog.catalog.CatalogRefusal.SignatureInvalid;
import io.tlvm.catalog.catalog.CatalogRefusal.UrnMalformed;
import io.tlvm.catalog.catalog.CatalogRefusal.VersionExists;
import io.tlvm.catalog.catalog.CatalogRefusal.VersionNotFound;
import io.tlvm.catalog.verification.SigningKey;
import io.tlvm.foundation.request.RepeatableRequest;

import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The marketplace: who may publish, what is published, and which exact version a name means.
 * Methods block and throw {@link CatalogRefused}.
 */
public final class Marketplace {
    private static final int SUGGEST_FROM_MAX = 500;

    private final MarketplaceRecords records;
    private final InstantSource clock;

    public Marketplace(MarketplaceRecords records, InstantSource clock) {
        this.records = records;
        this.clock = clock;
    }

    public Page<Publisher> publishers(Page.Wanted wanted) {
        return records.publishers(wanted);
    }

    /** Makes a publisher without keys: it can publish nothing until {@link #pinKey}. */
    public Publisher createPublisher(
            String id, String displayName, String createdBy, Optional<RepeatableRequest> request) {
        var publisher =
                new Publisher(
                        id,
                        displayName,
                        false,
                        List.of(),
                        clock.instant().truncatedTo(ChronoUnit.MICROS));
        return switch (records.insert(publisher, createdBy, request)) {
            case Inserted.Fresh() -> publisher;
            case Inserted.Repeated(var first) -> publisher(first);
            case Inserted.IdReused() ->
                    throw new CatalogRefused(new RequestIdReused(request.orElseThrow().id()));
            case Inserted.NameTaken() -> throw new CatalogRefused(new PublisherExists(id));
        };
    }

    /** Pins a signing key. Pinning the same key again changes nothing. */
    public Publisher pinKey(String publisher, String pem, String addedBy) {
        SigningKey key;
        try {
            key = SigningKey.parsePem(pem);
        } catch (SigningKey.KeyNotAccepted e) {
            throw new CatalogRefused(new KeyMalformed(String.valueOf(e.getMessage())));
        }
        if (!records.pin(publisher, key, addedBy)) {
            throw new CatalogRefused(new PublisherNotFound(publisher));
        }
        return publisher(publisher);
    }

    public Page<ImageVersion> versions(VersionFilter filter, Page.Wanted wanted) {
        return records.versions(filter, wanted);
    }

    /** The row with exactly this URN. */
    public ImageVersion version(Urn exact) {
        return records.version(exact).orElseThrow(() -> notFound(exact));
    }

    /**
     * Resolves what people type to one row; {@code latest} is the highest version that exists now.
     */
    public ImageVersion resolve(Urn asked) {
        if (!asked.isLatest()) {
            return version(asked);
        }
        String highest =
                records.versionsOf(asked.publisher(), asked.offer(), asked.sku()).stream()
                        .max(VersionOrder.INSTANCE)
                        .orElseThrow(() -> notFound(asked));
        return version(asked.withVersion(highest));
    }

    /** As {@link #resolve}, and its content is in the store. */
    public ImageVersion resolveWithContent(Urn asked) {
        ImageVersion version = resolve(asked);
        return switch (version.media()) {
            case Media.Stored(_) -> version;
            case Media.NotBrought(), Media.Pinned(_) ->
                    throw new CatalogRefused(new HasNoContent(version));
        };
    }

    /**
     * Accepts a version that one of the publisher's pinned keys signed. The same statement again
     * changes nothing.
     *
     * @param bytes the statement as it was sent, which is what the signature is over
     * @param signature DER
     */
    public ImageVersion publish(Statement statement, byte[] bytes, byte[] signature) {
        Urn urn = statement.urn();
        if (urn.isLatest()) {
            throw new CatalogRefused(
                    new UrnMalformed(
                            "urn", urn.toString(), "latest is reserved, name an exact version"));
        }
        Publisher publisher =
                records.publisher(urn.publisher())
                        .filter(found -> !found.keys().isEmpty())
                        .orElseThrow(
                                () -> new CatalogRefused(new PublisherNotTrusted(urn.publisher())));
        SigningKey signer =
                publisher
                        .signerOf(bytes, signature)
                        .orElseThrow(
                                () ->
                                        new CatalogRefused(
                                                new SignatureInvalid(
                                                        urn,
                                                        publisher.keys().stream()
                                                                .map(SigningKey::fingerprint)
                                                                .toList())));
        var version =
                new ImageVersion(
                        urn,
                        statement.title(),
                        statement.os(),
                        statement.trustedLaunch(),
                        "",
                        new Media.Pinned(statement.content()),
                        Optional.of(signer.fingerprint()),
                        clock.instant().truncatedTo(ChronoUnit.MICROS));
        boolean fresh = records.insert(version, bytes, signature);
        boolean same =
                fresh
                        || records.statementOf(urn)
                                .filter(stored -> Arrays.equals(stored, bytes))
                                .isPresent();
        if (!same) {
            throw new CatalogRefused(new VersionExists(urn));
        }
        return version(urn);
    }

    private Publisher publisher(String id) {
        return records.publisher(id)
                .orElseThrow(() -> new CatalogRefused(new PublisherNotFound(id)));
    }

    private CatalogRefused notFound(Urn urn) {
        return new CatalogRefused(
                new VersionNotFound(urn, Suggestions.near(urn, records.urns(SUGGEST_FROM_MAX))));
    }
}
