/** This node as a member: join, renewals, storage paths, and what the rows say. */
@NullMarked
package io.tlvm.agent.cluster;

import org.jspecify.annotations.NullMarked;
