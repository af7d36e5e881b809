package io.tlvm.catalog.postgres;

import io.tlvm.catalog.catalog.Inserted;
import io.tlvm.catalog.catalog.RecordsUnavailable;
import io.tlvm.foundation.postgres.Database;
import io.tlvm.foundation.postgres.PostgresOperations;
import io.tlvm.foundation.postgres.RequestMemory;
import io.tlvm.foundation.refusal.ErrorDomain;

import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** What this room takes from foundation, made in the words of this service. */
class PostgresBeans {

    @Produces
    @Singleton
    Database database() {
        return new Database(RecordsUnavailable::new);
    }

    @Produces
    @Singleton
    PostgresOperations operations(Database database, ErrorDomain service) {
        return new PostgresOperations(database, service);
    }

    @Produces
    @Singleton
    RequestMemory<Inserted> requests() {
        return new RequestMemory<>("result", Inserted.Repeated::new, Inserted.IdReused::new);
    }
}
