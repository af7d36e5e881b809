/** The image store: content that was brought, and the gallery images that are made of it. */
@NullMarked
package io.tlvm.catalog.store;

import org.jspecify.annotations.NullMarked;
