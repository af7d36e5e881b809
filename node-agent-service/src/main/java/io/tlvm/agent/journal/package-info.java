/**
 * The agent's memory of what it promised: one append-only file per virtual machine, bytes in and
 * bytes out.
 */
@NullMarked
package io.tlvm.agent.journal;

import org.jspecify.annotations.NullMarked;
