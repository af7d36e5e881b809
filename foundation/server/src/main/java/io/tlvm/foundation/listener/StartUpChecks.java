package io.tlvm.foundation.listener;

import io.grpc.BindableService;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.tlvm.foundation.access.AccessRules;
import io.tlvm.foundation.identity.TrustDomain;
import io.tlvm.foundation.tls.PkiDirectory;

import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;

import org.jboss.logging.Logger;

import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Stops an application that would serve wrongly. Each refusal says what is wrong and what to do.
 */
@Singleton
class StartUpChecks {

    private static final Logger LOG = Logger.getLogger(StartUpChecks.class);
    private static final String TICKETS = "jdk.tls.server.newSessionTicketCount";

    /**
     * Read when this class is initialised, because JSSE reads it so too: in a native image both
     * happen during the build, and what is given at start comes too late.
     */
    private static final boolean TICKETS_ARE_OFF = "0".equals(System.getProperty(TICKETS));

    private static final int BIND_SECONDS_MAX = 30;
    private static final int LOOK_EVERY_MILLIS = 250;

    private final AccessRules access;
    private final Instance<BindableService> services;
    private final PkiDirectory pki;
    private final TrustDomain trustDomain;
    private final GrpcPort port;
    private final CountDownLatch stopping = new CountDownLatch(1);

    StartUpChecks(
            AccessRules access,
            @Any Instance<BindableService> services,
            PkiDirectory pki,
            TrustDomain trustDomain,
            GrpcPort port) {
        this.access = access;
        this.services = services;
        this.pki = pki;
        this.trustDomain = trustDomain;
        this.port = port;
    }

    void check(@Observes StartupEvent event) {
        sessionTicketsAreOff();
        ownIdentityIsOfTheTrustDomain();
        everyRpcHasOneRow();
        Thread.ofVirtual().name("grpc-bind-check").start(this::stopUnlessBound);
    }

    /**
     * A resumed TLS 1.3 session shows the server the certificate of the first one, even after it
     * expired.
     */
    private void sessionTicketsAreOff() {
        if (!TICKETS_ARE_OFF) {
            throw new IllegalStateException(
                    "TLS session tickets are on, so replaced and expired certificates would be "
                            + "accepted: start the JVM with -D"
                            + TICKETS
                            + "=0, or build the native image with -J-D"
                            + TICKETS
                            + "=0");
        }
    }

    private void ownIdentityIsOfTheTrustDomain() {
        var own = pki.identity().id();
        if (!own.trustDomain().equals(trustDomain)) {
            throw new IllegalStateException(
                    "the own certificate is "
                            + own.uri()
                            + ", but tlvm.trust-domain is "
                            + trustDomain
                            + ": nobody would talk to this service; correct one of them");
        }
        LOG.infof(
                "identity id=%s fingerprint=%s not_after=%s",
                own.uri(), pki.identity().fingerprint(), pki.identity().notAfter());
    }

    private void everyRpcHasOneRow() {
        Set<String> served =
                services.stream()
                        .flatMap(service -> service.bindService().getMethods().stream())
                        .map(method -> method.getMethodDescriptor().getFullMethodName())
                        .collect(Collectors.toSet());
        var faults = access.mismatches(served);
        if (!faults.isEmpty()) {
            throw new IllegalStateException(
                    "the access tables do not match the registered services: "
                            + String.join(", ", faults));
        }
    }

    /** Quarkus binds in the background and only logs when that fails. */
    private void stopUnlessBound() {
        try {
            for (int look = 0; look < BIND_SECONDS_MAX * 1_000 / LOOK_EVERY_MILLIS; look++) {
                if (port.open()) {
                    return;
                }
                if (stopping.await(LOOK_EVERY_MILLIS, TimeUnit.MILLISECONDS)) {
                    return;
                }
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return;
        }
        LOG.fatalf(
                "the gRPC server did not open %s within %d s; its error is above. Stopping.",
                port, BIND_SECONDS_MAX);
        Quarkus.asyncExit(1);
    }

    void stop(@Observes ShutdownEvent event) {
        stopping.countDown();
    }
}
