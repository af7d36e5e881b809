package io.tlvm.foundation.probe;

import io.quarkus.grpc.GrpcService;
import io.tlvm.foundation.operation.MemoryOperationStore;
import io.tlvm.foundation.operation.OperationsEndpoint;
import io.tlvm.foundation.refusal.ErrorDomain;

@GrpcService
class ProbeOperations extends OperationsEndpoint {

    ProbeOperations(MemoryOperationStore store, ErrorDomain domain) {
        super(store, domain);
    }
}
