package io.tlvm.agent.cluster;

import io.grpc.StatusRuntimeException;
import io.tlvm.foundation.identity.SpiffeId;
import io.tlvm.foundation.refusal.RefusalView;
import io.tlvm.foundation.tls.ChannelFactory;
import io.tlvm.foundation.tls.HostPort;
import io.tlvm.node.v1.ClusterServiceGrpc;
import io.tlvm.node.v1.ClusterServiceGrpc.ClusterServiceBlockingStub;
import io.tlvm.node.v1.GetOwnershipRequest;
import io.tlvm.node.v1.GetStandingRequest;
import io.tlvm.node.v1.GetStandingResponse;
import io.tlvm.node.v1.JoinRequest;
import io.tlvm.node.v1.JoinResponse;
import io.tlvm.node.v1.OwnershipView;
import io.tlvm.node.v1.RenewRequest;
import io.tlvm.node.v1.RenewResponse;
import io.tlvm.node.v1.ReportStateKeysRequest;
import io.tlvm.ownership.id.VmUid;

import java.time.Duration;
import java.util.function.Function;

/** vm-service over gRPC; it must have the identity that is given. */
public final class GrpcCluster implements ClusterLink {
    private static final Duration CALL_MAX = Duration.ofSeconds(10);

    private final ChannelFactory channels;
    private final HostPort address;
    private final SpiffeId.Service vmService;

    /** vm-service at an address. */
    public GrpcCluster(ChannelFactory channels, HostPort address, SpiffeId.Service vmService) {
        this.channels = channels;
        this.address = address;
        this.vmService = vmService;
    }

    @Override
    public GetStandingResponse standing(GetStandingRequest request) throws ClusterSaysNo {
        return call(stub -> stub.getStanding(request));
    }

    @Override
    public void reportStateKeys(ReportStateKeysRequest request) throws ClusterSaysNo {
        var unused = call(stub -> stub.reportStateKeys(request));
    }

    @Override
    public JoinResponse join(JoinRequest request) throws ClusterSaysNo {
        return call(stub -> stub.join(request));
    }

    @Override
    public RenewResponse renew(RenewRequest request) throws ClusterSaysNo {
        return call(stub -> stub.renew(request));
    }

    @Override
    public OwnershipView row(VmUid vm) throws ClusterSaysNo {
        return call(stub ->
                        stub.getOwnership(
                                GetOwnershipRequest.newBuilder().setVmUid(vm.value()).build()))
                .getRow();
    }

    private <T> T call(Function<ClusterServiceBlockingStub, T> method) throws ClusterSaysNo {
        try {
            return method.apply(
                    ClusterServiceGrpc.newBlockingStub(channels.channel(address, vmService))
                            .withDeadlineAfter(CALL_MAX));
        } catch (StatusRuntimeException refused) {
            RefusalView view = RefusalView.of(refused);
            boolean silent =
                    switch (view.code()) {
                        case UNAVAILABLE,
                                DEADLINE_EXCEEDED,
                                CANCELLED,
                                INTERNAL,
                                UNKNOWN,
                                RESOURCE_EXHAUSTED ->
                                true;
                        case OK,
                                INVALID_ARGUMENT,
                                NOT_FOUND,
                                ALREADY_EXISTS,
                                PERMISSION_DENIED,
                                UNAUTHENTICATED,
                                FAILED_PRECONDITION,
                                ABORTED,
                                OUT_OF_RANGE,
                                UNIMPLEMENTED,
                                DATA_LOSS,
                                UNRECOGNIZED ->
                                false;
                    };
            throw new ClusterSaysNo("vm-service at " + address + ": " + view.message(), silent);
        }
    }
}
