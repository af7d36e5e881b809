/** A real stack of real processes, and the command line as a user runs it. */
@NullMarked
package io.tlvm.acceptance.cluster;

import org.jspecify.annotations.NullMarked;
