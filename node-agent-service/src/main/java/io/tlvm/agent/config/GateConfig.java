package io.tlvm.agent.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

import java.nio.file.Path;
import java.util.Optional;

/** Settings that only tests use. */
@ConfigMapping(prefix = "tlvm.test")
public interface GateConfig {
    /** Whether the agent can be held at named points. Never in production. */
    @WithDefault("false")
    boolean gates();

    /** The socket through which the gates are worked; needed with {@code gates}. */
    Optional<Path> gatesSocket();
}
