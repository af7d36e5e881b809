package io.tlvm.foundation.gate;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

import java.nio.file.Path;
import java.util.Optional;

/** Gates for tests; off in every packaged configuration. */
@ConfigMapping(prefix = "tlvm.test")
public interface GateConfig {

    /** Whether tests can hold this service. Never in production. */
    @WithDefault("false")
    boolean gates();

    /** Unix socket over which they do; a test in the same process needs none. */
    Optional<Path> gatesSocket();
}
