package io.tlvm.acceptance.bench;

import io.grpc.ManagedChannel;
import io.tlvm.catalog.v1.CreateImageRequest;
import io.tlvm.catalog.v1.GetImageVersionRequest;
import io.tlvm.catalog.v1.ImageCatalogServiceGrpc;
import io.tlvm.catalog.v1.ImageStoreServiceGrpc;
import io.tlvm.compute.v1.CreateVirtualMachineRequest;
import io.tlvm.compute.v1.HardwareProfile;
import io.tlvm.compute.v1.ListVirtualMachinesRequest;
import io.tlvm.compute.v1.StorageProfile;
import io.tlvm.compute.v1.VirtualMachine;
import io.tlvm.compute.v1.VirtualMachineServiceGrpc;
import io.tlvm.foundation.identity.SpiffeId;
import io.tlvm.foundation.identity.TrustDomain;
import io.tlvm.node.v1.GetCapabilitiesRequest;
import io.tlvm.node.v1.IgvmAgentServiceGrpc;

import java.util.Optional;
import java.util.function.Consumer;

/**
 * A service as its callers see it.
 *
 * @param name in the stack
 * @param module of the reactor
 * @param port of gRPC; the management port is 800 higher
 * @param caller directory of the caller's identity below {@code pki}
 * @param read a call that reads
 * @param create a create with {@code validate_only}; absent where nothing is created by callers
 */
record Served(
        String name,
        String module,
        int port,
        SpiffeId id,
        String caller,
        Consumer<ManagedChannel> read,
        Optional<Consumer<ManagedChannel>> create) {

    private static final TrustDomain TRUST = new TrustDomain("tlvm.local");
    private static final int TO_MANAGEMENT = 800;

    int managementPort() {
        return port + TO_MANAGEMENT;
    }

    /** Reads a catalog row; checks the making of an image of it. */
    static Served catalog(int portBase, String urn) {
        String[] parts = urn.split(":", -1);
        String version =
                "publishers/%s/offers/%s/skus/%s/versions/%s"
                        .formatted(parts[0], parts[1], parts[2], parts[3]);
        return new Served(
                "image-catalog-service",
                "image-catalog-service",
                9101 + portBase,
                TRUST.service("image-catalog-service"),
                "user/admin",
                channel ->
                        ImageCatalogServiceGrpc.newBlockingStub(channel)
                                .getImageVersion(
                                        GetImageVersionRequest.newBuilder()
                                                .setName(version)
                                                .build()),
                Optional.of(
                        channel ->
                                ImageStoreServiceGrpc.newBlockingStub(channel)
                                        .createImage(
                                                CreateImageRequest.newBuilder()
                                                        .setParent("projects/default")
                                                        .setImageId("asked")
                                                        .setUrn(urn)
                                                        .setValidateOnly(true)
                                                        .build())));
    }

    /** Lists VMs; checks the making of one, placement and image included. */
    static Served compute(int portBase, String image) {
        var create =
                CreateVirtualMachineRequest.newBuilder()
                        .setParent("projects/default")
                        .setVirtualMachineId("asked")
                        .setValidateOnly(true)
                        .setVirtualMachine(
                                VirtualMachine.newBuilder()
                                        .setHardwareProfile(
                                                HardwareProfile.newBuilder()
                                                        .setVcpuCount(1)
                                                        .setMemoryMib(384))
                                        .setStorageProfile(
                                                StorageProfile.newBuilder()
                                                        .setImage(
                                                                "projects/default/images/" + image)
                                                        .setStoragePath("storagePaths/shared")))
                        .build();
        return new Served(
                "vm-service",
                "vm-service",
                9102 + portBase,
                TRUST.service("vm-service"),
                "user/admin",
                channel ->
                        VirtualMachineServiceGrpc.newBlockingStub(channel)
                                .listVirtualMachines(
                                        ListVirtualMachinesRequest.newBuilder()
                                                .setParent("projects/default")
                                                .build()),
                Optional.of(
                        channel ->
                                VirtualMachineServiceGrpc.newBlockingStub(channel)
                                        .createVirtualMachine(create)));
    }

    /** What vm-service asks an agent. */
    static Served agent(int portBase) {
        return new Served(
                "node-a",
                "node-agent-service",
                9103 + portBase,
                TRUST.node("node-a"),
                "svc/vm-service",
                channel ->
                        IgvmAgentServiceGrpc.newBlockingStub(channel)
                                .getCapabilities(GetCapabilitiesRequest.getDefaultInstance()),
                Optional.empty());
    }
}
