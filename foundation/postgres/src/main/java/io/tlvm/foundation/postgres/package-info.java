/**
 * PostgreSQL for services that have a database: the way from blocking code to the reactive client,
 * and the store of long-running operations.
 */
@NullMarked
package io.tlvm.foundation.postgres;

import org.jspecify.annotations.NullMarked;
