/** The only way ownership rows change, and the loop that does what rows are owed. */
@NullMarked
package io.tlvm.vm.ownership;

import org.jspecify.annotations.NullMarked;
