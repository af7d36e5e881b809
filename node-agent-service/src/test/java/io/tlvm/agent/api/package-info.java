@NullMarked
package io.tlvm.agent.api;

import org.jspecify.annotations.NullMarked;
