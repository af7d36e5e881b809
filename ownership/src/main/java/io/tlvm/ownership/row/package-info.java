/**
 * The coordinator's half of the ownership protocol: the row of a VM, what may happen to it, and
 * what it is owed.
 */
@NullMarked
package io.tlvm.ownership.row;

import org.jspecify.annotations.NullMarked;
