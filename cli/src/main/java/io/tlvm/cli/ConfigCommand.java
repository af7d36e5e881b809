package io.tlvm.cli;

import io.tlvm.cli.config.ConfigFile;
import io.tlvm.cli.config.SettingKey;
import io.tlvm.cli.config.Settings.Setting;
import io.tlvm.cli.problem.Problem;
import io.tlvm.cli.problem.ProblemException;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

import java.util.LinkedHashMap;
import java.util.Map;

/** {@code tlvm config}: contexts of the configuration file. */
@Command(name = "config", description = "Where the services are, and who you are.")
final class ConfigCommand {

    private final Session session;

    ConfigCommand(Session session) {
        this.session = session;
    }

    @Command(name = "show", description = "The settings in effect, and where each comes from.")
    int show() {
        var lines = new StringBuilder();
        for (SettingKey key : SettingKey.values()) {
            Setting setting = session.settings().setting(key);
            lines.append(
                    "%-14s%-28s# %s%n"
                            .formatted(
                                    key.key() + ":",
                                    setting.value().isEmpty() ? "''" : setting.value(),
                                    setting.origin()));
        }
        lines.append("# file: ").append(session.configFile().path());
        session.printer().text(lines.toString());
        return 0;
    }

    @Command(name = "get-contexts", description = "List contexts; the one in use has a star.")
    int getContexts() {
        ConfigFile.Content content = session.configFile().read();
        content.contexts().keySet().stream()
                .sorted()
                .forEach(
                        name ->
                                session.printer()
                                        .text(
                                                (name.equals(content.currentContext())
                                                                ? "* "
                                                                : "  ")
                                                        + name));
        return 0;
    }

    @Command(
            name = "set-context",
            description =
                    "Write --catalog, --compute, --pki, --trust-domain and --project into a"
                            + " context.")
    int setContext(@Parameters(paramLabel = "NAME") String name) {
        Map<SettingKey, String> given = session.options().settings();
        if (given.isEmpty()) {
            throw new ProblemException(
                    Problem.usage(
                            "nothing to set",
                            "add --catalog, --compute, --pki, --trust-domain or --project"));
        }
        ConfigFile.Content content = session.configFile().read();
        var contexts = new LinkedHashMap<>(content.contexts());
        var values = new LinkedHashMap<>(content.contexts().getOrDefault(name, Map.of()));
        values.putAll(given);
        contexts.put(name, values);
        String current = content.currentContext().isEmpty() ? name : content.currentContext();
        session.configFile().write(new ConfigFile.Content(current, contexts));
        session.progress().say("context " + name + " is set in " + session.configFile().path());
        return 0;
    }

    @Command(name = "use-context", description = "Choose the context of the commands that follow.")
    int useContext(@Parameters(paramLabel = "NAME") String name) {
        ConfigFile.Content content = session.configFile().read();
        if (!content.contexts().containsKey(name)) {
            throw new ProblemException(
                    Problem.usage(
                            "there is no context '" + name + "'",
                            "run: tlvm config set-context " + name + " --pki DIR"));
        }
        session.configFile().write(new ConfigFile.Content(name, content.contexts()));
        session.progress().say("context " + name + " is in use");
        return 0;
    }
}
