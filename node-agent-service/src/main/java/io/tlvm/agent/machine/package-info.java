/**
 * One driver per virtual machine: what was journaled, what its processes do, and what a command
 * makes of both.
 */
@NullMarked
package io.tlvm.agent.machine;

import org.jspecify.annotations.NullMarked;
