/** Content-addressed files: the only package that touches the disk. */
@NullMarked
package io.tlvm.catalog.store.disk;

import org.jspecify.annotations.NullMarked;
