package io.tlvm.catalog;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.tlvm.catalog.catalog.Marketplace;
import io.tlvm.catalog.catalog.MarketplaceRecords;
import io.tlvm.catalog.store.ContentShelf;
import io.tlvm.catalog.store.Gallery;
import io.tlvm.catalog.store.GalleryRecords;
import io.tlvm.catalog.store.ImageOperations;
import io.tlvm.catalog.store.Intake;
import io.tlvm.catalog.store.OrphanSweep;
import io.tlvm.catalog.store.Shelving;
import io.tlvm.catalog.store.StoreRecords;
import io.tlvm.catalog.store.disk.DiskShelf;

import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;

/** Makes the rooms, which know nothing of the container. */
@Singleton
class Rooms {
    private static final Duration SWEEP_EVERY = Duration.ofHours(1);

    @Produces
    @Singleton
    Marketplace marketplace(MarketplaceRecords records, Clock clock) {
        return new Marketplace(records, clock);
    }

    @Produces
    @Singleton
    ContentShelf shelf(StoreConfig config, Clock clock) throws IOException {
        return DiskShelf.in(config.directory(), clock);
    }

    void close(@Disposes ContentShelf shelf) throws IOException {
        shelf.close();
    }

    @Produces
    @Singleton
    Shelving shelving(ContentShelf shelf, StoreRecords records) {
        return new Shelving(shelf, records);
    }

    @Produces
    @Singleton
    OrphanSweep sweep(ContentShelf shelf, Shelving shelving, Clock clock, StoreConfig config) {
        return new OrphanSweep(shelf, shelving, clock, config.orphanGrace());
    }

    void close(@Disposes OrphanSweep sweep) {
        sweep.close();
    }

    void start(@Observes StartupEvent event, OrphanSweep sweep) {
        sweep.start(SWEEP_EVERY);
    }

    void stop(@Observes ShutdownEvent event, OrphanSweep sweep) {
        sweep.close();
    }

    @Produces
    @Singleton
    Intake intake(
            Marketplace marketplace,
            ContentShelf shelf,
            StoreRecords records,
            Shelving shelving,
            Clock clock,
            StoreConfig config) {
        return new Intake(
                marketplace,
                shelf,
                records,
                shelving,
                clock,
                new Intake.Limits(config.uploadsMax(), config.contentSizeMax(), config.reserve()));
    }

    @Produces
    @Singleton
    Gallery gallery(
            Marketplace marketplace,
            GalleryRecords images,
            StoreRecords contents,
            ContentShelf shelf,
            Shelving shelving,
            ImageOperations operations,
            Clock clock) {
        return new Gallery(marketplace, images, contents, shelf, shelving, operations, clock);
    }
}
