/**
 * What must hold of a VM at every instant, as functions over a small snapshot that a model or a
 * watcher fills.
 */
@NullMarked
package io.tlvm.ownership.invariant;

import org.jspecify.annotations.NullMarked;
