/** Every RPC of a running server, found by asking the server. */
@NullMarked
package io.tlvm.foundation.served;

import org.jspecify.annotations.NullMarked;
