package io.tlvm.foundation.identity;

import java.time.Instant;

/** Why a peer's identity is not accepted. */
public sealed interface IdentityRefusal {

    /** The peer presented no certificate, or the connection is not TLS. */
    record NoCertificate() implements IdentityRefusal {}

    /** The certificate has {@code count} URI names instead of exactly one. */
    record NotOneUri(int count) implements IdentityRefusal {}

    /** The URI is not an id of this product. */
    record NotASpiffeId(String uri, String why) implements IdentityRefusal {}

    /** The certificate is not valid at {@code now}. */
    record NotValidNow(Instant notBefore, Instant notAfter, Instant now)
            implements IdentityRefusal {}

    /** The id belongs to another trust domain. */
    record OtherTrustDomain(TrustDomain expected, SpiffeId actual) implements IdentityRefusal {}

    /** The peer is genuine but not the one that was wanted. */
    record OtherIdentity(SpiffeId expected, SpiffeId actual) implements IdentityRefusal {}

    /** The certificate cannot be read at all. */
    record Unreadable(String why) implements IdentityRefusal {}

    /** The refusal as a sentence for the operator. */
    default String what() {
        return switch (this) {
            case NoCertificate() -> "the peer presented no certificate";
            case NotOneUri(var count) ->
                    "the certificate has " + count + " URI names, exactly one is needed";
            case NotASpiffeId(var uri, var why) ->
                    "'" + uri + "' is not an id of this product: " + why;
            case NotValidNow(var from, var to, var now) ->
                    "the certificate is valid from " + from + " to " + to + ", now it is " + now;
            case OtherTrustDomain(var expected, var actual) ->
                    actual.uri() + " is not of the trust domain " + expected;
            case OtherIdentity(var expected, var actual) ->
                    "the peer is " + actual.uri() + ", expected was " + expected.uri();
            case Unreadable(var why) -> "the certificate cannot be read: " + why;
        };
    }
}
