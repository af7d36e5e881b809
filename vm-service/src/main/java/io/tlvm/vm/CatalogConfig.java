package io.tlvm.vm;

import io.smallrye.config.ConfigMapping;

/** Where the image catalog is. */
@ConfigMapping(prefix = "tlvm.catalog")
public interface CatalogConfig {

    /** host:port of image-catalog-service. */
    String address();
}
