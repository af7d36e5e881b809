/** Where the services are and who the user is: options, environment, configuration file. */
@NullMarked
package io.tlvm.cli.config;

import org.jspecify.annotations.NullMarked;
