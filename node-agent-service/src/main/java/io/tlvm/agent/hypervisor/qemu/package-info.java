/**
 * QEMU and swtpm as processes: the argument lists, the guardian that is their parent, and the QMP
 * monitor.
 *
 * <p>Whether a guest may run is decided elsewhere. Here is only how it is done, and every answer of
 * QEMU is read as coming from a process that a guest may have broken out into: bounded, parsed,
 * timed.
 */
@NullMarked
package io.tlvm.agent.hypervisor.qemu;

import org.jspecify.annotations.NullMarked;
