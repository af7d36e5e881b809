/** The nodes of the cluster and the storage paths that they reach. */
@NullMarked
package io.tlvm.vm.node;

import org.jspecify.annotations.NullMarked;
