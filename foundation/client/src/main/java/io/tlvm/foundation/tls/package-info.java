/** The files of the own identity, and channels that insist on the identity of the other side. */
@NullMarked
package io.tlvm.foundation.tls;

import org.jspecify.annotations.NullMarked;
