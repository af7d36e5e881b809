/**
 * Files that must survive a power cut, and files that an unprivileged process may change while they
 * are read.
 */
@NullMarked
package io.tlvm.foundation.file;

import org.jspecify.annotations.NullMarked;
