package io.tlvm.agent.api;

import io.tlvm.foundation.access.AccessTable;
import io.tlvm.foundation.access.AllowedCaller;
import io.tlvm.node.v1.GuestStateTransferServiceGrpc;
import io.tlvm.node.v1.IgvmAgentServiceGrpc;

import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/**
 * Who may call what. That a transfer's caller is its plan's source depends on the plan, see
 * TransferAdmission.
 */
class AgentAccess {
    @Produces
    @Singleton
    AccessTable table() {
        return AccessTable.builder()
                .allowAll(
                        IgvmAgentServiceGrpc.getServiceDescriptor(),
                        AllowedCaller.service("vm-service"))
                .allowAll(GuestStateTransferServiceGrpc.getServiceDescriptor(), AllowedCaller.NODE)
                .build();
    }
}
