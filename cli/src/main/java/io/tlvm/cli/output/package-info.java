/** Resources as tables, JSON, YAML or names on stdout. */
@NullMarked
package io.tlvm.cli.output;

import org.jspecify.annotations.NullMarked;
