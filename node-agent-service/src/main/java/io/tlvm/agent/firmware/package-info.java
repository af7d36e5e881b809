/** UEFI: which OVMF image a machine runs, and the file that keeps its variables. */
@NullMarked
package io.tlvm.agent.firmware;

import org.jspecify.annotations.NullMarked;
