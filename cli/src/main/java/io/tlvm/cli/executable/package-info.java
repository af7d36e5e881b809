/** What native-image has to be told about the program; nothing here runs in it. */
@NullMarked
package io.tlvm.cli.executable;

import org.jspecify.annotations.NullMarked;
