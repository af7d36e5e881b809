/** google.longrunning: operations are claimed rows, worked on by whoever holds the claim. */
@NullMarked
package io.tlvm.foundation.operation;

import org.jspecify.annotations.NullMarked;
