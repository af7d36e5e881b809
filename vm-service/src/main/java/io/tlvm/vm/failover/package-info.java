/** What becomes of a node that is lost, and of its VMs. */
@NullMarked
package io.tlvm.vm.failover;

import org.jspecify.annotations.NullMarked;
