/** The places where a test can hold the agent; open in production. */
@NullMarked
package io.tlvm.agent.gate;

import org.jspecify.annotations.NullMarked;
