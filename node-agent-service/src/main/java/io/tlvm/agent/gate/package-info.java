/** Places where a test can hold the agent; nothing of it exists in the production form. */
@NullMarked
package io.tlvm.agent.gate;

import org.jspecify.annotations.NullMarked;
