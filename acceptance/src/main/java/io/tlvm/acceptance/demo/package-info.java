/** The main job, shown. */
@NullMarked
package io.tlvm.acceptance.demo;

import org.jspecify.annotations.NullMarked;
