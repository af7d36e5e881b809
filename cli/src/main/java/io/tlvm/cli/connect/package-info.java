/** Calls to the services: channels, repetition, errors. */
@NullMarked
package io.tlvm.cli.connect;

import org.jspecify.annotations.NullMarked;
