/**
 * The vTPM of a machine as swtpm keeps it: how it is made once, what its state file says, how its
 * process is started.
 */
@NullMarked
package io.tlvm.agent.tpm;

import org.jspecify.annotations.NullMarked;
