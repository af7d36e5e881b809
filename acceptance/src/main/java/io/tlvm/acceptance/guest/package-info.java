/** Questions that only the guest itself can answer. */
@NullMarked
package io.tlvm.acceptance.guest;

import org.jspecify.annotations.NullMarked;
