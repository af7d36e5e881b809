package io.tlvm.foundation.tls;

import io.tlvm.foundation.identity.IdentityRefusal.OtherIdentity;
import io.tlvm.foundation.identity.IdentityRefusedException;
import io.tlvm.foundation.identity.PeerIdentity;
import io.tlvm.foundation.identity.SpiffeId;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Clock;

import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Accepts exactly one server: a chain to a trusted authority, and one URI name equal to the wanted
 * id.
 *
 * <p>Host names play no part. grpc-java always switches HTTPS endpoint identification on, and the
 * JDK adds it to every plain {@code X509TrustManager}; only an extended one that calls the
 * two-argument check of its delegate leaves it out.
 */
public final class SpiffeTrustManager extends X509ExtendedTrustManager {

    private final X509ExtendedTrustManager authorities;
    private final SpiffeId wanted;
    private final Clock clock;

    /** Accepts {@code wanted} when {@code authorities} vouch for it. */
    public SpiffeTrustManager(X509ExtendedTrustManager authorities, SpiffeId wanted, Clock clock) {
        this.authorities = authorities;
        this.wanted = wanted;
        this.clock = clock;
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType)
            throws CertificateException {
        authorities.checkServerTrusted(chain, authType);
        try {
            SpiffeId actual = PeerIdentity.of(chain[0], clock.instant()).id();
            if (!actual.equals(wanted)) {
                throw new IdentityRefusedException(new OtherIdentity(wanted, actual));
            }
        } catch (IdentityRefusedException refused) {
            throw new CertificateException(refused.getMessage(), refused);
        }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        checkServerTrusted(chain, authType);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        checkServerTrusted(chain, authType);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType)
            throws CertificateException {
        throw new CertificateException("this side is a client; it accepts servers only");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        checkClientTrusted(chain, authType);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        checkClientTrusted(chain, authType);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return authorities.getAcceptedIssuers();
    }
}
