package io.tlvm.foundation.identity;

/**
 * The name of a caller or server, as it stands in the only URI subject alternative name of its
 * certificate:
 *
 * <pre>
 * spiffe://{trust domain}/node/{node}/igvm-agent
 * spiffe://{trust domain}/svc/{service}
 * spiffe://{trust domain}/user/{name}
 * </pre>
 *
 * Ids are compared as whole strings: there are no wildcards, no other spelling of the same id and
 * no further paths.
 */
public sealed interface SpiffeId {

    /** The trust domain that issued the id. */
    TrustDomain trustDomain();

    /** What follows the kind in the URI: the node, the service or the user. */
    String name();

    /** The id as it stands in the certificate. */
    String uri();

    /** The agent of a node. {@code name} is an RFC 1034 label. */
    record Node(TrustDomain trustDomain, String name) implements SpiffeId {
        public Node {
            SpiffeIdSyntax.requireLabel(name, "node name");
        }

        @Override
        public String uri() {
            return "spiffe://" + trustDomain.name() + "/node/" + name + "/igvm-agent";
        }
    }

    /**
     * A service of the control plane. {@code name} is an RFC 1034 label, for example {@code
     * vm-service}.
     */
    record Service(TrustDomain trustDomain, String name) implements SpiffeId {
        public Service {
            SpiffeIdSyntax.requireLabel(name, "service name");
        }

        @Override
        public String uri() {
            return "spiffe://" + trustDomain.name() + "/svc/" + name;
        }
    }

    /** A person or a program that uses the public API. */
    record User(TrustDomain trustDomain, String name) implements SpiffeId {
        public User {
            SpiffeIdSyntax.requireUser(name, "user name");
        }

        @Override
        public String uri() {
            return "spiffe://" + trustDomain.name() + "/user/" + name;
        }
    }

    /**
     * Reads an id from the whole URI.
     *
     * @throws IdentityRefusedException with {@link IdentityRefusal.NotASpiffeId} for everything but
     *     the three forms above
     */
    static SpiffeId parse(String uri) {
        return SpiffeIdSyntax.parse(uri);
    }
}
