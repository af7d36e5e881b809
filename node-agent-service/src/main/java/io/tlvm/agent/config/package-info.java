/** Settings, start-up checks, and the wiring of the rooms. */
@NullMarked
package io.tlvm.agent.config;

import org.jspecify.annotations.NullMarked;
