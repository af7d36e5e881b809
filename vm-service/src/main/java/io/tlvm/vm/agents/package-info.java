/** The only client of node agents. */
@NullMarked
package io.tlvm.vm.agents;

import org.jspecify.annotations.NullMarked;
