/** Live migration, one class per side, and the signed plan that allows it. */
@NullMarked
package io.tlvm.agent.migration;

import org.jspecify.annotations.NullMarked;
