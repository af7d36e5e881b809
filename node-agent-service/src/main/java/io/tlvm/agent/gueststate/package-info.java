/**
 * The guest state of machines on a storage path: vTPM and UEFI variables in the one directory that
 * a state_ref names, the wrapped key that opens it, the manifest that says what must be in it, and
 * what is checked before anything starts.
 */
@NullMarked
package io.tlvm.agent.gueststate;

import org.jspecify.annotations.NullMarked;
