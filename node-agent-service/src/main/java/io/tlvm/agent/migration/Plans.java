package io.tlvm.agent.migration;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;

import io.tlvm.foundation.identity.IdentityRefusedException;
import io.tlvm.foundation.identity.PeerIdentity;
import io.tlvm.foundation.identity.SpiffeId;
import io.tlvm.foundation.identity.TrustDomain;
import io.tlvm.foundation.signature.CertificateSignature;
import io.tlvm.node.v1.MigrationPlan;
import io.tlvm.node.v1.SignedMigrationPlan;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;

import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

import javax.net.ssl.X509TrustManager;

/**
 * Checks signed plans: the chain leads to the cluster's authority, its leaf is vm-service, the
 * signature is over these bytes, the deadline is not over. Whether the row still says so is a
 * question to vm-service.
 */
public final class Plans {
    private static final String SIGNER = "vm-service";
    private static final int KEY_BYTES = 32;

    private final X509TrustManager authorities;
    private final SpiffeId signer;
    private final Clock clock;

    /** Plans of one cluster. */
    public Plans(X509TrustManager authorities, TrustDomain trustDomain, Clock clock) {
        this.authorities = authorities;
        this.signer = trustDomain.service(SIGNER);
        this.clock = clock;
    }

    /**
     * Checks a plan.
     *
     * @throws PlanRejected unless everything holds
     */
    public VerifiedPlan verify(SignedMigrationPlan signed) throws PlanRejected {
        requireSignature(signed);
        try {
            VerifiedPlan plan = values(MigrationPlan.parseFrom(signed.getPlan()), signed);
            if (plan.deadline().isBefore(clock.instant())) {
                throw new PlanRejected("its deadline was " + plan.deadline());
            }
            return plan;
        } catch (InvalidProtocolBufferException | IllegalArgumentException broken) {
            throw new PlanRejected("what is signed is no plan: " + broken.getMessage());
        }
    }

    private void requireSignature(SignedMigrationPlan signed) throws PlanRejected {
        var signature =
                new CertificateSignature(signed.getSignature(), signed.getCertificateChainList());
        try {
            List<X509Certificate> chain = signature.certificates();
            // vm-service signs as the client that it is towards agents.
            authorities.checkClientTrusted(chain.toArray(X509Certificate[]::new), "UNKNOWN");
            SpiffeId id = PeerIdentity.of(chain.getFirst(), clock.instant()).id();
            if (!id.equals(signer)) {
                throw new PlanRejected("it is signed by " + id.uri() + ", not by " + signer.uri());
            }
            if (!signature.covers(signed.getPlan(), chain.getFirst())) {
                throw new PlanRejected("its signature is not over these bytes");
            }
        } catch (CertificateException | IdentityRefusedException notTrusted) {
            throw new PlanRejected("its certificate is not accepted: " + notTrusted.getMessage());
        } catch (GeneralSecurityException unusable) {
            throw new PlanRejected("its signature cannot be checked: " + unusable.getMessage());
        }
    }

    private static VerifiedPlan values(MigrationPlan plan, SignedMigrationPlan signed)
            throws PlanRejected {
        ByteString key = plan.getTargetHpkeKey();
        if (!key.isEmpty() && key.size() != KEY_BYTES) {
            throw new PlanRejected(
                    "the target's key has %d bytes, not %d".formatted(key.size(), KEY_BYTES));
        }
        if (key.isEmpty() != plan.getTargetDir().isEmpty()) {
            throw new PlanRejected("the target's key and directory come together");
        }
        return new VerifiedPlan(
                new VmUid(plan.getCommand().getVmUid()),
                new OperationId(plan.getCommand().getOpId()),
                new Epoch(plan.getCommand().getEpoch()),
                new RowVersion(plan.getCommand().getRowVersion()),
                new Epoch(plan.getSourceEpoch()),
                new NodeName(plan.getSourceNode()),
                new NodeName(plan.getTargetNode()),
                plan.getTargetAddress(),
                key,
                plan.getTargetDir().isEmpty()
                        ? Optional.empty()
                        : Optional.of(new StateRef(plan.getTargetDir())),
                Instant.ofEpochSecond(
                        plan.getDeadline().getSeconds(), plan.getDeadline().getNanos()),
                signed);
    }
}
