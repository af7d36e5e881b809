/** The settings that every service has, and the beans that follow from them. */
@NullMarked
package io.tlvm.foundation.config;

import org.jspecify.annotations.NullMarked;
