package io.tlvm.vm.postgres;

import io.smallrye.mutiny.Uni;
import io.tlvm.foundation.operation.OperationName;
import io.tlvm.foundation.postgres.Database;
import io.tlvm.foundation.postgres.PostgresOperations;
import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.vm.refusal.StoreUnavailable;

import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

import org.hibernate.reactive.mutiny.Mutiny;

/** What this room takes from foundation, made in the words of this service. */
class PostgresBeans {

    @Produces
    @Singleton
    Database database() {
        return new Database(StoreUnavailable::new);
    }

    @Produces
    @Singleton
    PostgresOperations operations(Database database, ErrorDomain service) {
        return new PostgresOperations(database, service, PostgresBeans::touchTarget);
    }

    /** The VM shows which operation works on it. */
    private static Uni<Void> touchTarget(Mutiny.Session session, OperationName name) {
        return session.createNativeQuery(
                        "update machine set revision = revision where provisioning <> 'PURGED'"
                                + " and name = (select target from operation where id = :id)")
                .setParameter("id", name.id().toString())
                .executeUpdate()
                .replaceWithVoid();
    }
}
