/** A backup's TPM, started offline and asked who it is. */
@NullMarked
package io.tlvm.cli.drill;

import org.jspecify.annotations.NullMarked;
