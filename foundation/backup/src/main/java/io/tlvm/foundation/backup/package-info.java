/**
 * Backups of guest state as files: written by the node that owns a machine, read by whoever keeps
 * them. The format is {@code tlvm.node.storage.v1.BackupBundle}.
 */
@NullMarked
package io.tlvm.foundation.backup;

import org.jspecify.annotations.NullMarked;
