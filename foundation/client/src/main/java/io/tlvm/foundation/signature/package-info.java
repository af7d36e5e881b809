/** Statements signed with the key of a certificate, and whose they are. */
@NullMarked
package io.tlvm.foundation.signature;

import org.jspecify.annotations.NullMarked;
