/** The marketplace: publishers, their signing keys, and the image versions that they publish. */
@NullMarked
package io.tlvm.catalog.catalog;

import org.jspecify.annotations.NullMarked;
