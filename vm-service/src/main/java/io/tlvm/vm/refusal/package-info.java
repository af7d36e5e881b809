/**
 * Why this service says no: one sealed family per room, mapped to statuses in one place of the
 * edge.
 */
@NullMarked
package io.tlvm.vm.refusal;

import org.jspecify.annotations.NullMarked;
