package io.tlvm.cli.input;

import picocli.CommandLine.IParameterConsumer;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

import java.util.Map;
import java.util.Stack;

/**
 * Reads {@code --hardware-profile memory-mb=8192 processors=4}: as many key=value words as follow,
 * as az does it.
 */
public final class HardwareProfileArguments implements IParameterConsumer {

    /** Number of virtual CPUs. */
    public static final String PROCESSORS = "processors";

    /** Memory; az calls it MB and means MiB. */
    public static final String MEMORY = "memory-mb";

    @Override
    @SuppressWarnings("JdkObsolete") // picocli's interface has a Stack
    public void consumeParameters(Stack<String> args, ArgSpec argument, CommandSpec command) {
        Map<String, String> values = argument.getValue();
        int read = 0;
        while (!args.isEmpty() && args.peek().matches("[a-z-]+=.*")) {
            String[] pair = args.pop().split("=", 2);
            if (!pair[0].equals(PROCESSORS) && !pair[0].equals(MEMORY)) {
                throw new ParameterException(
                        command.commandLine(),
                        "--hardware-profile does not know '"
                                + pair[0]
                                + "'; it takes "
                                + MEMORY
                                + "= and "
                                + PROCESSORS
                                + "=");
            }
            values.put(pair[0], pair[1]);
            read++;
        }
        if (read == 0) {
            throw new ParameterException(
                    command.commandLine(), "--hardware-profile needs memory-mb=… or processors=…");
        }
    }
}
