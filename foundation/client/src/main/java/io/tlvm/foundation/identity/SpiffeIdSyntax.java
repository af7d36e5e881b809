package io.tlvm.foundation.identity;

import io.tlvm.foundation.identity.IdentityRefusal.NotASpiffeId;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The grammar of {@link SpiffeId}. */
final class SpiffeIdSyntax {

    /** Longer URIs are refused before any matching: SPIFFE-ID §2.3 sets the bound. */
    private static final int URI_LENGTH_MAX = 2_048;

    /**
     * Lower-case letters, digits and inner dashes, at most 63 characters, as RFC 1034 §3.5 and
     * AIP-122 want it.
     */
    private static final Pattern LABEL = Pattern.compile("[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?");

    /** Users may have dots and underscores in their names; the set is within SPIFFE-ID §2.2. */
    private static final Pattern USER = Pattern.compile("[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?");

    /** Takes the URI apart; the records check the parts. */
    private static final Pattern SHAPE =
            Pattern.compile(
                    "spiffe://(?<domain>[^/]+)/"
                        + "(?:node/(?<node>[^/]+)/igvm-agent|svc/(?<svc>[^/]+)|user/(?<user>[^/]+))");

    private SpiffeIdSyntax() {}

    static SpiffeId parse(String uri) {
        if (uri.length() > URI_LENGTH_MAX) {
            throw new IdentityRefusedException(
                    new NotASpiffeId(
                            uri.substring(0, 64) + "…", "it is longer than " + URI_LENGTH_MAX));
        }
        Matcher shape = SHAPE.matcher(uri);
        if (!shape.matches()) {
            throw new IdentityRefusedException(
                    new NotASpiffeId(
                            uri,
                            "it is none of /node/{node}/igvm-agent, /svc/{service}, /user/{name}"));
        }
        try {
            var domain = new TrustDomain(shape.group("domain"));
            if (shape.group("node") != null) {
                return domain.node(shape.group("node"));
            }
            if (shape.group("svc") != null) {
                return domain.service(shape.group("svc"));
            }
            return domain.user(shape.group("user"));
        } catch (IllegalArgumentException wrongPart) {
            throw new IdentityRefusedException(
                    new NotASpiffeId(uri, String.valueOf(wrongPart.getMessage())));
        }
    }

    static void requireLabel(String value, String what) {
        require(LABEL, value, what);
    }

    static void requireUser(String value, String what) {
        require(USER, value, what);
    }

    private static void require(Pattern pattern, String value, String what) {
        if (!pattern.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    "the " + what + " '" + value + "' does not match " + pattern);
        }
    }
}
