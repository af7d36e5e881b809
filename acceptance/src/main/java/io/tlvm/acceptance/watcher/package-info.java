/** The oracle: looks at QEMU from outside and never asks the control plane. */
@NullMarked
package io.tlvm.acceptance.watcher;

import org.jspecify.annotations.NullMarked;
