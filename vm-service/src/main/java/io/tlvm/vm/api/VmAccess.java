package io.tlvm.vm.api;

import static io.tlvm.foundation.access.AllowedCaller.ADMINISTRATOR;
import static io.tlvm.foundation.access.AllowedCaller.NODE;
import static io.tlvm.foundation.access.AllowedCaller.USER;

import com.google.longrunning.OperationsGrpc;

import io.tlvm.compute.v1.AuditServiceGrpc;
import io.tlvm.compute.v1.GuestStateServiceGrpc;
import io.tlvm.compute.v1.NodeServiceGrpc;
import io.tlvm.compute.v1.StoragePathServiceGrpc;
import io.tlvm.compute.v1.VirtualMachineServiceGrpc;
import io.tlvm.compute.v1.WatchServiceGrpc;
import io.tlvm.foundation.access.AccessTable;
import io.tlvm.node.v1.ClusterServiceGrpc;

import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/**
 * Who may call what. That a node speaks for itself alone depends on the message, see
 * ClusterEndpoint.
 */
class VmAccess {

    @Produces
    @Singleton
    AccessTable table() {
        return AccessTable.builder()
                .allowAll(VirtualMachineServiceGrpc.getServiceDescriptor(), USER)
                .allowAll(WatchServiceGrpc.getServiceDescriptor(), USER)
                .allow(NodeServiceGrpc.getGetNodeMethod(), USER)
                .allow(NodeServiceGrpc.getListNodesMethod(), USER)
                .allow(NodeServiceGrpc.getFenceNodeMethod(), ADMINISTRATOR)
                .allow(NodeServiceGrpc.getConfirmFencedMethod(), ADMINISTRATOR)
                .allowAll(GuestStateServiceGrpc.getServiceDescriptor(), ADMINISTRATOR)
                .allow(StoragePathServiceGrpc.getCreateStoragePathMethod(), ADMINISTRATOR)
                .allow(StoragePathServiceGrpc.getGetStoragePathMethod(), USER)
                .allow(StoragePathServiceGrpc.getListStoragePathsMethod(), USER)
                .allowAll(AuditServiceGrpc.getServiceDescriptor(), ADMINISTRATOR)
                .allowAll(ClusterServiceGrpc.getServiceDescriptor(), NODE)
                .allowAll(OperationsGrpc.getServiceDescriptor(), USER)
                .build();
    }
}
