/**
 * What bytes and statements are proven to be: digests, formats, signatures. Pure: no files, no
 * network, no database.
 */
@NullMarked
package io.tlvm.catalog.verification;

import org.jspecify.annotations.NullMarked;
