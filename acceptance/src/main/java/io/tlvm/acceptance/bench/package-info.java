/** Measurements of the running system beside the same thing done without it. */
@NullMarked
package io.tlvm.acceptance.bench;

import org.jspecify.annotations.NullMarked;
