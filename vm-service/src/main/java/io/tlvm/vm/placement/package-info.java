/** Which node gets a VM, with a reason for every node that does not. Pure. */
@NullMarked
package io.tlvm.vm.placement;

import org.jspecify.annotations.NullMarked;
