/** Signatures by the key of a process's own certificate. */
@NullMarked
package io.tlvm.foundation.signature;

import org.jspecify.annotations.NullMarked;
