/** Places where a test can hold a service. Open in production. */
@NullMarked
package io.tlvm.foundation.gate;

import org.jspecify.annotations.NullMarked;
