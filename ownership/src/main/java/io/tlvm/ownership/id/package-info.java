/** Validated values: what names a VM, a node, an operation, an epoch, a directory. */
@NullMarked
package io.tlvm.ownership.id;

import org.jspecify.annotations.NullMarked;
