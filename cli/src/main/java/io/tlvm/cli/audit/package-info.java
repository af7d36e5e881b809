/** Where an audit chain is read from: the service, or a file. */
@NullMarked
package io.tlvm.cli.audit;

import org.jspecify.annotations.NullMarked;
