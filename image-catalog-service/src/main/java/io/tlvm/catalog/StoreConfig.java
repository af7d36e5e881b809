package io.tlvm.catalog;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

import java.nio.file.Path;
import java.time.Duration;

/** Settings of the image store. */
@ConfigMapping(prefix = "tlvm.catalog.store")
public interface StoreConfig {
    /** Directory of the content; made with mode 0700 if it is missing. One process at a time. */
    Path directory();

    /** Uploads at the same time, at least 1. */
    @WithDefault("16")
    int uploadsMax();

    /** Downloads at the same time, at least 1. */
    @WithDefault("64")
    int downloadsMax();

    /** Largest content, in bytes. */
    @WithDefault("1099511627776")
    long contentSizeMax();

    /** Bytes that uploads leave free on the file system. */
    @WithDefault("1073741824")
    long reserve();

    /**
     * How long content is kept that no image and no marketplace row names, for example of an upload
     * whose image was never made.
     */
    @WithDefault("24h")
    Duration orphanGrace();
}
