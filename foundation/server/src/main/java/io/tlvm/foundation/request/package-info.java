/**
 * Request ids, page tokens, violations, threads: what the requests of all services have in common.
 */
@NullMarked
package io.tlvm.foundation.request;

import org.jspecify.annotations.NullMarked;
