/** What an agent needs around it: certificates, a control plane that admits it, a storage path. */
@NullMarked
package io.tlvm.agent.world;

import org.jspecify.annotations.NullMarked;
