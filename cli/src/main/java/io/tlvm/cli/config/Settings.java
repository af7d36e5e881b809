package io.tlvm.cli.config;

import io.tlvm.cli.problem.Problem;
import io.tlvm.cli.problem.ProblemException;
import io.tlvm.foundation.identity.TrustDomain;
import io.tlvm.foundation.tls.HostPort;

import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;

/**
 * The values in effect, each with its origin. Options win over the environment, that over the
 * context, that over defaults.
 */
public final class Settings {

    /**
     * @param origin where the value comes from, for people
     */
    public record Setting(String value, String origin) {}

    private final Map<SettingKey, Setting> values = new EnumMap<>(SettingKey.class);

    private Settings() {}

    /**
     * Decides.
     *
     * @param options values of global options that were given
     * @param context values of the chosen context
     * @param contextName its name; empty without one
     */
    public static Settings resolve(
            Map<SettingKey, String> options,
            Map<String, String> environment,
            Map<SettingKey, String> context,
            String contextName) {
        var settings = new Settings();
        for (SettingKey key : SettingKey.values()) {
            String variable = environment.getOrDefault(key.variable(), "");
            Setting setting;
            if (options.containsKey(key)) {
                setting = new Setting(options.getOrDefault(key, ""), "option --" + key.key());
            } else if (!variable.isBlank()) {
                setting = new Setting(variable, "environment " + key.variable());
            } else if (context.containsKey(key)) {
                setting = new Setting(context.getOrDefault(key, ""), "context " + contextName);
            } else {
                setting = new Setting(key.preset(), "default");
            }
            settings.values.put(key, setting);
        }
        return settings;
    }

    /** One value with its origin. */
    public Setting setting(SettingKey key) {
        return values.getOrDefault(key, new Setting(key.preset(), "default"));
    }

    /** Address of the image catalog service. */
    public HostPort catalog() {
        return address(SettingKey.CATALOG);
    }

    /** Address of the VM service. */
    public HostPort compute() {
        return address(SettingKey.COMPUTE);
    }

    /** Trust domain of the services. */
    public TrustDomain trustDomain() {
        try {
            return new TrustDomain(setting(SettingKey.TRUST_DOMAIN).value());
        } catch (IllegalArgumentException wrong) {
            throw refused(SettingKey.TRUST_DOMAIN, wrong);
        }
    }

    /** The user's identity. */
    public Path pki() {
        String directory = setting(SettingKey.PKI).value();
        if (directory.isBlank()) {
            throw new ProblemException(
                    Problem.identity(
                            "no identity is configured",
                            "set TLVM_PKI or --pki to the directory with your tls.crt, tls.key and"
                                    + " ca.crt"));
        }
        return Path.of(directory);
    }

    /** The project, without {@code projects/}. */
    public String project() {
        return setting(SettingKey.PROJECT).value();
    }

    private HostPort address(SettingKey key) {
        try {
            return HostPort.parse(setting(key).value());
        } catch (IllegalArgumentException wrong) {
            throw refused(key, wrong);
        }
    }

    private ProblemException refused(SettingKey key, IllegalArgumentException wrong) {
        Setting setting = setting(key);
        return new ProblemException(
                Problem.usage(
                        key.key() + " from " + setting.origin() + ": " + wrong.getMessage(),
                        "correct " + key.variable() + ", --" + key.key() + " or the context"),
                wrong);
    }
}
