/** The way from blocking code to the reactive database client. */
@NullMarked
package io.tlvm.foundation.postgres;

import org.jspecify.annotations.NullMarked;
