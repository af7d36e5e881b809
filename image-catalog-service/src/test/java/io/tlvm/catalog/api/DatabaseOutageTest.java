package io.tlvm.catalog.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.longrunning.ListOperationsRequest;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tlvm.catalog.cluster.CatalogEnvironment;
import io.tlvm.catalog.cluster.Peers;
import io.tlvm.catalog.v1.CreatePublisherRequest;
import io.tlvm.catalog.v1.ListPublishersRequest;
import io.tlvm.foundation.outage.Outage;
import io.tlvm.foundation.outage.PostgresServer;

import jakarta.inject.Inject;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

/** PostgreSQL goes and comes back while the service runs. */
@QuarkusTest
@QuarkusTestResource(CatalogEnvironment.class)
class DatabaseOutageTest {
    private static final Duration BACK_MAX = Duration.ofSeconds(60);

    @Inject Peers peers;

    @Inject
    @ConfigProperty(name = "test.directory")
    Path directory;

    @Test
    void calls_fail_with_the_reason_while_it_is_away_and_work_again_without_a_restart() {
        var create =
                CreatePublisherRequest.newBuilder()
                        .setPublisherId("outage")
                        .setRequestId(UUID.randomUUID().toString())
                        .build();
        List<ThrowingCallable> calls =
                List.of(
                        this::publishers,
                        () -> peers.catalog("user/admin").createPublisher(create),
                        () ->
                                peers.operations("user/admin")
                                        .listOperations(
                                                ListOperationsRequest.newBuilder()
                                                        .setName("projects/default")
                                                        .build()));
        publishers();
        var postgres = new PostgresServer(directory.resolve("postgres"));

        postgres.stop();
        try {
            calls.forEach(Outage::isTheReasonOf);
        } finally {
            postgres.start();
        }

        await().atMost(BACK_MAX).ignoreExceptions().until(() -> publishers() > 0);
        assertThat(peers.catalog("user/admin").createPublisher(create).getName())
                .isEqualTo("publishers/outage");
    }

    private int publishers() {
        return peers.catalog("user/admin")
                .listPublishers(ListPublishersRequest.getDefaultInstance())
                .getPublishersCount();
    }
}
