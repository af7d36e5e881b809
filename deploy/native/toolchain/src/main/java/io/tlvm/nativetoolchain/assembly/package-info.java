/**
 * Reads the builder's class files while a toolchain is assembled, and writes what the driver and
 * the C sources need from them.
 */
@NullMarked
package io.tlvm.nativetoolchain.assembly;

import org.jspecify.annotations.NullMarked;
