/** What a service depends on, taken away and given back. */
@NullMarked
package io.tlvm.foundation.outage;

import org.jspecify.annotations.NullMarked;
