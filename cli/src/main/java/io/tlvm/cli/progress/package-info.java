/** What is going on, on stderr. */
@NullMarked
package io.tlvm.cli.progress;

import org.jspecify.annotations.NullMarked;
