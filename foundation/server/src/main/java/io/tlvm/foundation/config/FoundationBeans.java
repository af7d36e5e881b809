package io.tlvm.foundation.config;

import io.quarkus.arc.All;
import io.quarkus.arc.DefaultBean;
import io.tlvm.foundation.access.AccessRules;
import io.tlvm.foundation.access.AccessTable;
import io.tlvm.foundation.identity.TrustDomain;
import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.foundation.tls.ChannelFactory;
import io.tlvm.foundation.tls.ChannelSettings;
import io.tlvm.foundation.tls.PkiDirectory;

import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

import org.jboss.logging.Logger;

import java.time.Clock;
import java.util.List;

/** Turns settings into values; services inject what they need. */
@Singleton
class FoundationBeans {

    private static final Logger LOG = Logger.getLogger("io.tlvm.foundation.pki");

    /** A test may bring its own clock. */
    @Produces
    @Singleton
    @DefaultBean
    Clock clock() {
        return Clock.systemUTC();
    }

    @Produces
    @Singleton
    TrustDomain trustDomain(TlvmConfig config) {
        return new TrustDomain(config.trustDomain());
    }

    @Produces
    @Singleton
    ErrorDomain errorDomain(TlvmConfig config) {
        return config.errorDomain();
    }

    @Produces
    @Singleton
    PkiDirectory pki(TlvmConfig config, Clock clock) {
        PkiDirectory pki = PkiDirectory.open(config.pki().directory(), clock);
        pki.watch(config.pki().reloadPeriod(), new ReloadLog()::heard);
        return pki;
    }

    void close(@Disposes PkiDirectory pki) {
        pki.close();
    }

    @Produces
    @Singleton
    ChannelFactory channels(PkiDirectory pki, Clock clock) {
        return new ChannelFactory(pki, ChannelSettings.standard(), clock);
    }

    void close(@Disposes ChannelFactory channels) {
        channels.close();
    }

    @Produces
    @Singleton
    AccessRules accessRules(@All List<AccessTable> tables, TlvmConfig config) {
        return new AccessRules(tables, config.administrators());
    }

    /** One line per change: a directory that stays broken is not worth a line every period. */
    private static final class ReloadLog {
        private String last = "";

        void heard(PkiDirectory.Reload reload) {
            switch (reload) {
                case PkiDirectory.Reload.Unchanged() -> last = "";
                case PkiDirectory.Reload.Replaced(var identity) -> {
                    last = "";
                    LOG.infof(
                            "certificate replaced id=%s fingerprint=%s not_after=%s",
                            identity.id().uri(), identity.fingerprint(), identity.notAfter());
                }
                case PkiDirectory.Reload.Kept(var identity, var why) -> {
                    if (!why.equals(last)) {
                        last = why;
                        LOG.errorf(
                                "certificate not replaced, the old one stays until %s: %s",
                                identity.notAfter(), why);
                    }
                }
            }
        }
    }
}
