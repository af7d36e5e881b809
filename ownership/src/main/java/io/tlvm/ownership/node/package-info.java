/**
 * The row of a node: whether it is a member, is being given up, or was given up, and on what
 * evidence.
 */
@NullMarked
package io.tlvm.ownership.node;

import org.jspecify.annotations.NullMarked;
