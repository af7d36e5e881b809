/** The gRPC server itself: its identity, and what must hold before it counts as serving. */
@NullMarked
package io.tlvm.foundation.listener;

import org.jspecify.annotations.NullMarked;
