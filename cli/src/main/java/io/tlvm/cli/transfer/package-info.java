/** Content: digest, signature, upload, download. */
@NullMarked
package io.tlvm.cli.transfer;

import org.jspecify.annotations.NullMarked;
