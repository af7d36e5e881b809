/** Refusals as google.rpc.Status: made in one place, read back in one place. */
@NullMarked
package io.tlvm.foundation.refusal;

import org.jspecify.annotations.NullMarked;
