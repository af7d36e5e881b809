package io.tlvm.vm.api;

import com.google.protobuf.Duration;

import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Uni;
import io.tlvm.foundation.access.Caller;
import io.tlvm.foundation.identity.SpiffeId;
import io.tlvm.node.v1.ClusterService;
import io.tlvm.node.v1.GetOwnershipRequest;
import io.tlvm.node.v1.GetOwnershipResponse;
import io.tlvm.node.v1.GetStandingRequest;
import io.tlvm.node.v1.GetStandingResponse;
import io.tlvm.node.v1.JoinRequest;
import io.tlvm.node.v1.JoinResponse;
import io.tlvm.node.v1.MachineReport;
import io.tlvm.node.v1.NodeStanding;
import io.tlvm.node.v1.OwnershipView;
import io.tlvm.node.v1.RenewRequest;
import io.tlvm.node.v1.RenewResponse;
import io.tlvm.node.v1.ReportStateKeysRequest;
import io.tlvm.node.v1.ReportStateKeysResponse;
import io.tlvm.node.v1.StorageLocation;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.vm.node.Cluster;
import io.tlvm.vm.refusal.ClusterRefusal;
import io.tlvm.vm.refusal.VmRefused;

import java.util.List;

/** tlvm.node.v1.ClusterService. A node speaks for itself alone. */
@GrpcService
class ClusterEndpoint implements ClusterService {
    private static final int RENEW_SECONDS = 5;

    private final Cluster cluster;

    ClusterEndpoint(Cluster cluster) {
        this.cluster = cluster;
    }

    @Override
    public Uni<GetStandingResponse> getStanding(GetStandingRequest request) {
        return Answer.of(
                () -> {
                    Cluster.Standing standing =
                            cluster.standing(
                                    itself(request.getNode()),
                                    request.getVmUidsList().stream().map(VmUid::new).toList());
                    return GetStandingResponse.newBuilder()
                            .setStanding(
                                    standing.state()
                                            .map(TranslateNode::standing)
                                            .orElse(NodeStanding.NODE_STANDING_NEW))
                            .addAllRows(standing.rows().stream().map(Ownership::view).toList())
                            .build();
                });
    }

    @Override
    public Uni<ReportStateKeysResponse> reportStateKeys(ReportStateKeysRequest request) {
        return Answer.of(
                () -> {
                    cluster.keepKeys(
                            itself(request.getNode()),
                            request.getKeysList().stream()
                                    .map(TranslateNode::directoryKey)
                                    .toList());
                    return ReportStateKeysResponse.getDefaultInstance();
                });
    }

    @Override
    public Uni<JoinResponse> join(JoinRequest request) {
        return Answer.of(
                () -> {
                    Cluster.Answer answer =
                            cluster.join(
                                    new Cluster.Joining(
                                            itself(request.getNode()),
                                            request.getBootId(),
                                            request.getAddress(),
                                            TranslateNode.capabilities(request.getCapabilities()),
                                            reports(request.getMachinesList()),
                                            request.getStoragePathsList(),
                                            TranslateNode.cleaned(request.getCleanedList()),
                                            Caller.current().uri()));
                    return JoinResponse.newBuilder()
                            .addAllRows(rows(answer))
                            .setRenewInterval(Duration.newBuilder().setSeconds(RENEW_SECONDS))
                            .addAllStoragePaths(paths(answer))
                            .setRecoveryPublicKey(answer.key().publicKey())
                            .setRecoveryKeyId(answer.key().id())
                            .build();
                });
    }

    @Override
    public Uni<RenewResponse> renew(RenewRequest request) {
        return Answer.of(
                () -> {
                    Cluster.Answer answer =
                            cluster.renew(
                                    itself(request.getNode()),
                                    request.getBootId(),
                                    reports(request.getMachinesList()),
                                    request.getStoragePathsList());
                    return RenewResponse.newBuilder()
                            .addAllRows(rows(answer))
                            .addAllStoragePaths(paths(answer))
                            .setRecoveryPublicKey(answer.key().publicKey())
                            .setRecoveryKeyId(answer.key().id())
                            .build();
                });
    }

    @Override
    public Uni<GetOwnershipResponse> getOwnership(GetOwnershipRequest request) {
        return Answer.of(
                () ->
                        GetOwnershipResponse.newBuilder()
                                .setRow(
                                        Ownership.view(
                                                cluster.ownership(
                                                        caller(), new VmUid(request.getVmUid()))))
                                .build());
    }

    private static NodeName itself(String asked) {
        NodeName caller = caller();
        if (!caller.value().equals(asked)) {
            throw new VmRefused(new ClusterRefusal.OtherNode(Caller.current().uri(), asked));
        }
        return caller;
    }

    private static NodeName caller() {
        if (Caller.current().id() instanceof SpiffeId.Node(_, var name)) {
            return new NodeName(name);
        }
        throw new IllegalStateException("the access table lets nodes alone through");
    }

    private static List<io.tlvm.vm.node.MachineReport> reports(List<MachineReport> told) {
        return told.stream().map(TranslateNode::report).toList();
    }

    private static List<OwnershipView> rows(Cluster.Answer answer) {
        return answer.rows().stream().map(Ownership::view).toList();
    }

    private static List<StorageLocation> paths(Cluster.Answer answer) {
        return answer.paths().stream()
                .map(
                        path ->
                                StorageLocation.newBuilder()
                                        .setStoragePath(path.name())
                                        .setDirectory(path.directory())
                                        .build())
                .toList();
    }
}
