/** The command {@code native-image}: turns a command line into one run of the image builder. */
@NullMarked
package io.tlvm.nativetoolchain.driver;

import org.jspecify.annotations.NullMarked;
