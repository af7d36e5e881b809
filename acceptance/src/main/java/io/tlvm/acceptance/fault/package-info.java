/** What goes wrong on purpose: processes killed while a step is held at its gate. */
@NullMarked
package io.tlvm.acceptance.fault;

import org.jspecify.annotations.NullMarked;
