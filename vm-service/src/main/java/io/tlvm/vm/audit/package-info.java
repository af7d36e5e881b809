/** Who changed what, in one order that cannot be changed unseen. */
@NullMarked
package io.tlvm.vm.audit;

import org.jspecify.annotations.NullMarked;
