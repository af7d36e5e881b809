package io.tlvm.foundation.postgres;

import io.smallrye.config.ConfigMapping;

/** Settings of the build, not of a deployment. */
@ConfigMapping(prefix = "tlvm.schema")
interface SchemaConfig {

    /** Version of the newest script in {@code db/migration}. */
    String version();
}
