/** Who is on the other end of a connection: SPIFFE ids and what a certificate says. */
@NullMarked
package io.tlvm.foundation.identity;

import org.jspecify.annotations.NullMarked;
