/** Live migration: whether it is possible, its record, its signed plan. */
@NullMarked
package io.tlvm.vm.migration;

import org.jspecify.annotations.NullMarked;
