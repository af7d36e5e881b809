/** Key pairs in files, and what is sealed to them: HPKE, with a stated purpose, through Tink. */
@NullMarked
package io.tlvm.foundation.keyset;

import org.jspecify.annotations.NullMarked;
