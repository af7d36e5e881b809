/** Secrets that can be wiped, with one door to their bytes. */
@NullMarked
package io.tlvm.foundation.secret;

import org.jspecify.annotations.NullMarked;
