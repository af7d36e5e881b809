package io.tlvm.cli.config;

/** What has to be known to reach the services. */
public enum SettingKey {
    /** Address of the image catalog service, host:port. */
    CATALOG("catalog", "TLVM_CATALOG", "127.0.0.1:9101"),
    /** Address of the VM service, host:port. */
    COMPUTE("compute", "TLVM_COMPUTE", "127.0.0.1:9102"),
    /** Directory with the user's tls.crt, tls.key and ca.crt; no default. */
    PKI("pki", "TLVM_PKI", ""),
    /** Trust domain of the services' certificates. */
    TRUST_DOMAIN("trust-domain", "TLVM_TRUST_DOMAIN", "tlvm.local"),
    /** Project that short names are completed with. */
    PROJECT("project", "TLVM_PROJECT", "default");

    private final String key;
    private final String variable;
    private final String preset;

    SettingKey(String key, String variable, String preset) {
        this.key = key;
        this.variable = variable;
        this.preset = preset;
    }

    /** Name in the configuration file, and of the option without its dashes. */
    public String key() {
        return key;
    }

    /** Name of the environment variable. */
    public String variable() {
        return variable;
    }

    /** Value when nobody says anything; empty for none. */
    public String preset() {
        return preset;
    }
}
