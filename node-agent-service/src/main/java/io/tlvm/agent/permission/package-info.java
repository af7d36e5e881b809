/**
 * Who may read and write the paths of guest state: what each must be, what differs, and the way
 * back.
 */
@NullMarked
package io.tlvm.agent.permission;

import org.jspecify.annotations.NullMarked;
