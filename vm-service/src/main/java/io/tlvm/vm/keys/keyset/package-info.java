/** The key vault that needs nothing but a file. */
@NullMarked
package io.tlvm.vm.keys.keyset;

import org.jspecify.annotations.NullMarked;
