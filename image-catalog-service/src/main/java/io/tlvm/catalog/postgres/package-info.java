/**
 * The only SQL. Hibernate Reactive lives here, behind one bridge; the domain sees blocking ports.
 */
@NullMarked
package io.tlvm.catalog.postgres;

import org.jspecify.annotations.NullMarked;
