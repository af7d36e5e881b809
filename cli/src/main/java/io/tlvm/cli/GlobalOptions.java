package io.tlvm.cli;

import io.tlvm.cli.config.SettingKey;
import io.tlvm.cli.output.Format;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.UUID;

/** Options that every command takes, before or after its verb. */
final class GlobalOptions {

    /** How progress is written to stderr. */
    enum ProgressStyle {
        /** One rewritten line on a terminal, else PLAIN. */
        AUTO,
        /** One line per step. */
        PLAIN,
        /** JSON lines. */
        JSON,
        /** Nothing. */
        NONE
    }

    @Option(
            names = {"-o", "--output"},
            scope = ScopeType.INHERIT,
            paramLabel = "FORMAT",
            description = "table, wide, json, jsonl, yaml or name")
    Format output = Format.TABLE;

    @Option(
            names = {"-p", "--project"},
            scope = ScopeType.INHERIT,
            description = "project of short names (default: default)")
    @Nullable String project;

    @Option(
            names = "--no-wait",
            scope = ScopeType.INHERIT,
            description = "print the operation and do not wait for its end")
    boolean noWait;

    @Option(
            names = "--wait",
            scope = ScopeType.INHERIT,
            description = "wait for the end of the operation (the default)")
    boolean wait;

    @Option(
            names = "--timeout",
            scope = ScopeType.INHERIT,
            paramLabel = "DURATION",
            description = "how long to wait; the work goes on after that (default: 30m)")
    Duration timeout = Duration.ofMinutes(30);

    @Option(
            names = "--dry-run",
            scope = ScopeType.INHERIT,
            description = "let the service check only (validate_only)")
    boolean dryRun;

    @Option(
            names = "--request-id",
            scope = ScopeType.INHERIT,
            paramLabel = "UUID4",
            description = "repeat an earlier request; made anew when absent")
    @Nullable UUID requestId;

    @Option(
            names = {"-y", "--yes"},
            scope = ScopeType.INHERIT,
            description = "do not ask")
    boolean yes;

    @Option(
            names = {"-q", "--quiet"},
            scope = ScopeType.INHERIT,
            description = "no progress")
    boolean quiet;

    @Option(
            names = "--no-headers",
            scope = ScopeType.INHERIT,
            description = "tables without titles")
    boolean noHeaders;

    @Option(
            names = "--progress",
            scope = ScopeType.INHERIT,
            paramLabel = "STYLE",
            description = "auto, plain, json or none")
    ProgressStyle progress = ProgressStyle.AUTO;

    @Option(
            names = "--debug",
            scope = ScopeType.INHERIT,
            description = "a line per call and stack traces on stderr")
    boolean debug;

    @Option(
            names = "--context",
            scope = ScopeType.INHERIT,
            description = "context of the configuration file")
    @Nullable String context;

    @Option(
            names = "--catalog",
            scope = ScopeType.INHERIT,
            paramLabel = "HOST:PORT",
            description = "image catalog service (TLVM_CATALOG)")
    @Nullable String catalog;

    @Option(
            names = "--compute",
            scope = ScopeType.INHERIT,
            paramLabel = "HOST:PORT",
            description = "VM service (TLVM_COMPUTE)")
    @Nullable String compute;

    @Option(
            names = "--pki",
            scope = ScopeType.INHERIT,
            paramLabel = "DIR",
            description = "your identity (TLVM_PKI)")
    @Nullable String pki;

    @Option(
            names = "--trust-domain",
            scope = ScopeType.INHERIT,
            paramLabel = "NAME",
            description = "of the services (TLVM_TRUST_DOMAIN)")
    @Nullable String trustDomain;

    @Option(
            names = {"-h", "--help"},
            scope = ScopeType.INHERIT,
            usageHelp = true,
            description = "show help")
    boolean help;

    /** Settings that were given as options. */
    Map<SettingKey, String> settings() {
        var given = new EnumMap<SettingKey, String>(SettingKey.class);
        put(given, SettingKey.CATALOG, catalog);
        put(given, SettingKey.COMPUTE, compute);
        put(given, SettingKey.PKI, pki);
        put(given, SettingKey.TRUST_DOMAIN, trustDomain);
        put(given, SettingKey.PROJECT, project);
        return given;
    }

    private static void put(Map<SettingKey, String> given, SettingKey key, @Nullable String value) {
        if (value != null) {
            given.put(key, value);
        }
    }
}
