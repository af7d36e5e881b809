/** Backups of guest state as files of this machine, and the keys that open them. */
@NullMarked
package io.tlvm.cli.backup;

import org.jspecify.annotations.NullMarked;
