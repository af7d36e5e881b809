package io.tlvm.vm.audit;

import io.tlvm.ownership.id.OperationId;
import io.tlvm.type.v1.HandOverReceipt;

/** What is kept of a hand-over once the source's copy is destroyed. */
public sealed interface HandOverProof {

    /** The migration. */
    OperationId op();

    /** Source, target and vm-service signed, and each signature was checked. */
    record Proven(OperationId op, HandOverReceipt receipt) implements HandOverProof {}

    /** A signature is missing or is not accepted; the hand-over is complete all the same. */
    record Unproven(OperationId op, String why) implements HandOverProof {}
}
