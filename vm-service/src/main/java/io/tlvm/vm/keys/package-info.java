/**
 * The state keys of lost nodes: wraps for the cluster's recovery key, and the vault that opens
 * them.
 */
@NullMarked
package io.tlvm.vm.keys;

import org.jspecify.annotations.NullMarked;
