package io.tlvm.foundation.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.tlvm.foundation.refusal.ErrorDomain;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;

/** Settings of every service. */
@ConfigMapping(prefix = "tlvm")
public interface TlvmConfig {

    /** The SPIFFE trust domain; peers of other domains are refused. */
    String trustDomain();

    /** Which part of the product this is, in refusals: CATALOG, COMPUTE or NODE. */
    ErrorDomain errorDomain();

    /** Names of the users (last part of their SPIFFE id) that may make administrative calls. */
    @WithDefault("admin")
    Set<String> administrators();

    /** The own identity. */
    Pki pki();

    /** The gRPC server. */
    Grpc grpc();

    /** The own identity. */
    interface Pki {
        /** Directory with tls.crt, tls.key and ca.crt. */
        Path directory();

        /** How often the files are looked at. */
        @WithDefault("30s")
        Duration reloadPeriod();
    }

    /** The gRPC server. */
    interface Grpc {
        /**
         * Connections are closed in an orderly way at this age, so that withdrawn certificates come
         * to an end.
         */
        @WithDefault("1h")
        Duration connectionAgeMax();

        /** How long calls on an aged connection may still run. */
        @WithDefault("1h")
        Duration connectionAgeGrace();

        /** Time for unary calls whose client gave no deadline. */
        @WithDefault("60s")
        Duration defaultDeadline();
    }
}
