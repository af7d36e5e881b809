package io.tlvm.vm.api;

import io.grpc.Context;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import io.tlvm.compute.v1.WatchServiceGrpc;
import io.tlvm.compute.v1.WatchVirtualMachinesRequest;
import io.tlvm.compute.v1.WatchVirtualMachinesResponse;
import io.tlvm.vm.event.VmChanges;

/** tlvm.compute.v1.WatchService, by observers: a Mutiny stream would buffer without bound. */
@GrpcService
class WatchEndpoint extends WatchServiceGrpc.WatchServiceImplBase {
    private final VmChanges changes;
    private final Show show;

    WatchEndpoint(VmChanges changes, Show show) {
        this.changes = changes;
        this.show = show;
    }

    @Override
    public void watchVirtualMachines(
            WatchVirtualMachinesRequest request,
            StreamObserver<WatchVirtualMachinesResponse> answer) {
        var watcher =
                new Watcher(
                        changes,
                        show,
                        request,
                        (ServerCallStreamObserver<WatchVirtualMachinesResponse>) answer);
        Thread.ofVirtual().name("watch").start(Context.current().wrap(watcher));
    }
}
