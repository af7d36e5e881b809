/** What people type, as the values that requests need. */
@NullMarked
package io.tlvm.cli.input;

import org.jspecify.annotations.NullMarked;
