/**
 * Virtual machines as users see them: what may be asked of one, and the steps of each kind of
 * request.
 */
@NullMarked
package io.tlvm.vm.machine;

import org.jspecify.annotations.NullMarked;
