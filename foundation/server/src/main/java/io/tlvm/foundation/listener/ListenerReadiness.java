package io.tlvm.foundation.listener;

import jakarta.enterprise.context.ApplicationScoped;

import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Ready means that the gRPC port accepts connections. */
@Readiness
@ApplicationScoped
class ListenerReadiness implements HealthCheck {

    private final GrpcPort port;

    ListenerReadiness(GrpcPort port) {
        this.port = port;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("grpc-listener")
                .withData("address", port.toString())
                .status(port.open())
                .build();
    }
}
