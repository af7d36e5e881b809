/** Backups of guest state: who gets one, of what, and when there was one last. */
@NullMarked
package io.tlvm.vm.backup;

import org.jspecify.annotations.NullMarked;
