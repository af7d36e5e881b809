package io.tlvm.agent.config;

import io.tlvm.agent.cluster.JoinState;

import jakarta.enterprise.context.ApplicationScoped;

import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Ready means that the node was admitted to its cluster: before that it takes no command. */
@Readiness
@ApplicationScoped
class MembershipReadiness implements HealthCheck {
    private final JoinState join;

    MembershipReadiness(JoinState join) {
        this.join = join;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("cluster-joined").status(join.isJoined()).build();
    }
}
