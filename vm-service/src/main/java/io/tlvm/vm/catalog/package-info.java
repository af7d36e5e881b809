/** The client of the image catalog. */
@NullMarked
package io.tlvm.vm.catalog;

import org.jspecify.annotations.NullMarked;
