package io.tlvm.cli;

import io.tlvm.cli.connect.Pause;
import io.tlvm.cli.progress.Detachment;

import java.io.InputStream;
import java.io.PrintStream;
import java.time.InstantSource;
import java.util.Map;

/**
 * The surroundings of one invocation.
 *
 * @param environment of the process
 * @param terminalIn whether a person can answer on stdin
 * @param terminalErr whether stderr is a terminal
 * @param detachment what Ctrl-C tells
 */
public record Host(
        Map<String, String> environment,
        InputStream in,
        PrintStream out,
        PrintStream err,
        boolean terminalIn,
        boolean terminalErr,
        Detachment detachment,
        InstantSource clock,
        Pause pause) {

    public Host {
        environment = Map.copyOf(environment);
    }
}
