/** Disks from verified images: fetch by digest, convert, copy. */
@NullMarked
package io.tlvm.agent.image;

import org.jspecify.annotations.NullMarked;
