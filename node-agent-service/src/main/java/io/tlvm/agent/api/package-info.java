/** The gRPC edge: translate, one call into the domain, answer or refuse. */
@NullMarked
package io.tlvm.agent.api;

import org.jspecify.annotations.NullMarked;
