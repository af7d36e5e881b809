/** The only SQL of this service. */
@NullMarked
package io.tlvm.vm.postgres;

import org.jspecify.annotations.NullMarked;
