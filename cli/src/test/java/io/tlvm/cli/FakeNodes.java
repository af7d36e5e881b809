package io.tlvm.cli;

import io.grpc.stub.StreamObserver;
import io.tlvm.compute.v1.ConfirmFencedRequest;
import io.tlvm.compute.v1.FenceNodeRequest;
import io.tlvm.compute.v1.GetNodeRequest;
import io.tlvm.compute.v1.Node;
import io.tlvm.compute.v1.NodeServiceGrpc;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;

/** One node with two VMs, which leave it one by one when it is looked at. */
final class FakeNodes extends NodeServiceGrpc.NodeServiceImplBase {
    final List<FenceNodeRequest> fences = new CopyOnWriteArrayList<>();
    final List<ConfirmFencedRequest> words = new CopyOnWriteArrayList<>();
    private final Queue<Integer> left = new ConcurrentLinkedQueue<>(List.of(2, 1, 1, 0));

    @Override
    public void fenceNode(FenceNodeRequest request, StreamObserver<Node> answer) {
        fences.add(request);
        say(answer, Node.State.STATE_FENCING, 2);
    }

    @Override
    public void confirmFenced(ConfirmFencedRequest request, StreamObserver<Node> answer) {
        words.add(request);
        say(answer, Node.State.STATE_FENCED, 2);
    }

    @Override
    public void getNode(GetNodeRequest request, StreamObserver<Node> answer) {
        Integer count = left.poll();
        say(answer, Node.State.STATE_FENCED, count == null ? 0 : count);
    }

    private static void say(StreamObserver<Node> answer, Node.State state, int machines) {
        answer.onNext(
                Node.newBuilder()
                        .setName("nodes/node-a")
                        .setState(state)
                        .setVmCount(machines)
                        .build());
        answer.onCompleted();
    }
}
