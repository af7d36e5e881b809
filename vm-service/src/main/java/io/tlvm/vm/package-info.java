/**
 * vm-service: virtual machines, who may run them, and how they move. Start at Machines,
 * OwnershipDriver and Settler.
 */
@NullMarked
package io.tlvm.vm;

import org.jspecify.annotations.NullMarked;
