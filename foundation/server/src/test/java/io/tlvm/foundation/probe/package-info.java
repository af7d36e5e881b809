/** A service whose only purpose is to be called through all of the foundation. */
@NullMarked
package io.tlvm.foundation.probe;

import org.jspecify.annotations.NullMarked;
