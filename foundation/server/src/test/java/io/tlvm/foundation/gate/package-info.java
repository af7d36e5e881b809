@NullMarked
package io.tlvm.foundation.gate;

import org.jspecify.annotations.NullMarked;
