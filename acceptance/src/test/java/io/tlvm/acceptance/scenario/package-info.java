/** Scenarios of the running system. */
@NullMarked
package io.tlvm.acceptance.scenario;

import org.jspecify.annotations.NullMarked;
