/** Places where a test can hold this service. Open in production. */
@NullMarked
package io.tlvm.vm.gate;

import org.jspecify.annotations.NullMarked;
