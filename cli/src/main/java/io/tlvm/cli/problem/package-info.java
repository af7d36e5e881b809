/** Why a command did not do its work, as the user reads it. */
@NullMarked
package io.tlvm.cli.problem;

import org.jspecify.annotations.NullMarked;
