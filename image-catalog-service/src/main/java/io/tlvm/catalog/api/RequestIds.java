package io.tlvm.catalog.api;

import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.foundation.request.RepeatableRequest;
import io.tlvm.foundation.request.RequestId;

import java.util.Optional;

/** The request_id of mutating calls (AIP-155). */
final class RequestIds {
    private RequestIds() {}

    /** Empty when the client gave none: then the call is not repeatable. */
    static Optional<RepeatableRequest> of(String caller, String requestId, String fingerprint) {
        return RequestId.parse(requestId, ErrorDomain.CATALOG)
                .map(id -> new RepeatableRequest(caller, id.toString(), fingerprint));
    }
}
