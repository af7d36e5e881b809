package io.tlvm.foundation.identity;

import java.util.regex.Pattern;

/**
 * A SPIFFE trust domain, for example {@code tlvm.example}: lower-case letters, digits, dots,
 * dashes, underscores.
 */
public record TrustDomain(String name) {

    private static final Pattern NAME = Pattern.compile("[a-z0-9](?:[a-z0-9._-]{0,253}[a-z0-9])?");

    /**
     * @throws IllegalArgumentException when the name has other characters or a wrong length
     *     (SPIFFE-ID §2.1)
     */
    public TrustDomain {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "the trust domain '" + name + "' does not match " + NAME);
        }
    }

    /** The id of a node's agent in this domain. */
    public SpiffeId.Node node(String node) {
        return new SpiffeId.Node(this, node);
    }

    /** The id of a service in this domain. */
    public SpiffeId.Service service(String service) {
        return new SpiffeId.Service(this, service);
    }

    /** The id of a user in this domain. */
    public SpiffeId.User user(String user) {
        return new SpiffeId.User(this, user);
    }

    @Override
    public String toString() {
        return name;
    }
}
