package io.tlvm.catalog.api;

import io.quarkus.grpc.GrpcService;
import io.tlvm.foundation.operation.OperationStore;
import io.tlvm.foundation.operation.OperationsEndpoint;
import io.tlvm.foundation.refusal.ErrorDomain;

/** google.longrunning.Operations of this service. */
@GrpcService
class OperationsService extends OperationsEndpoint {
    OperationsService(OperationStore store, ErrorDomain domain) {
        super(store, domain);
    }
}
