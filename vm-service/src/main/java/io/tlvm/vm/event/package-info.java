/** Changes of VMs, in an order that leaves no gaps. */
@NullMarked
package io.tlvm.vm.event;

import org.jspecify.annotations.NullMarked;
