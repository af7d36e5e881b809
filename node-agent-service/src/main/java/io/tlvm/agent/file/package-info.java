/** Digests of content. */
@NullMarked
package io.tlvm.agent.file;

import org.jspecify.annotations.NullMarked;
