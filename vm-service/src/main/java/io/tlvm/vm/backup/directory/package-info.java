/** The escrow in a directory of this machine, or of one that it mounts. */
@NullMarked
package io.tlvm.vm.backup.directory;

import org.jspecify.annotations.NullMarked;
