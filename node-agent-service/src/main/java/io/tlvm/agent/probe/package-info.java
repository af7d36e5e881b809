/**
 * What this host can do, found by doing it. Versions and device files promise things that do not
 * work.
 */
@NullMarked
package io.tlvm.agent.probe;

import org.jspecify.annotations.NullMarked;
