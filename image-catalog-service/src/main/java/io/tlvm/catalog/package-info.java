/**
 * image-catalog-service: the marketplace catalog and the image store. This package only puts the
 * rooms together.
 */
@NullMarked
package io.tlvm.catalog;

import org.jspecify.annotations.NullMarked;
