/** The tlvm command line: a class per noun, and what they share for one invocation. */
@NullMarked
package io.tlvm.cli;

import org.jspecify.annotations.NullMarked;
