/** Who calls, and which calls that caller may make. */
@NullMarked
package io.tlvm.foundation.access;

import org.jspecify.annotations.NullMarked;
