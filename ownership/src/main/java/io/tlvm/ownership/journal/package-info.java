/**
 * The agent's half of the ownership protocol: what one node has durably said about a VM, and what
 * it may do next.
 */
@NullMarked
package io.tlvm.ownership.journal;

import org.jspecify.annotations.NullMarked;
