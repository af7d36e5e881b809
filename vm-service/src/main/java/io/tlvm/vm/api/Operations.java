package io.tlvm.vm.api;

import io.quarkus.grpc.GrpcService;
import io.tlvm.foundation.operation.OperationStore;
import io.tlvm.foundation.operation.OperationsEndpoint;
import io.tlvm.foundation.refusal.ErrorDomain;

/** google.longrunning.Operations of this service. */
@GrpcService
class Operations extends OperationsEndpoint {
    Operations(OperationStore store, ErrorDomain domain) {
        super(store, domain);
    }
}
