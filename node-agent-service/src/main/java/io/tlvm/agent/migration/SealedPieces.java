package io.tlvm.agent.migration;

import io.tlvm.foundation.keyset.ContextInfo;
import io.tlvm.node.v1.SealedGuestState;

/** What a sealed piece is bound to: it opens for this machine, attempt, direction and kind only. */
final class SealedPieces {
    private static final String LABEL = "tlvm/guest-state-transfer/1";

    private SealedPieces() {}

    static ContextInfo context(VerifiedPlan plan, SealedGuestState.Kind kind) {
        return ContextInfo.of(
                LABEL,
                plan.vm().value(),
                plan.sourceEpoch().toString(),
                plan.attemptEpoch().toString(),
                plan.source().value(),
                plan.target().value(),
                plan.op().value(),
                kind.name());
    }
}
