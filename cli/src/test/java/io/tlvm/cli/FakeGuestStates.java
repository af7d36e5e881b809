package io.tlvm.cli;

import com.google.protobuf.ByteString;

import io.grpc.stub.StreamObserver;
import io.tlvm.compute.v1.BackupGuestStateRequest;
import io.tlvm.compute.v1.BackupGuestStateResponse;
import io.tlvm.compute.v1.GuestStateServiceGrpc;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/** Hands out the backup that a test scripts. */
final class FakeGuestStates extends GuestStateServiceGrpc.GuestStateServiceImplBase {
    final List<BackupGuestStateRequest> asked = new CopyOnWriteArrayList<>();
    volatile Function<BackupGuestStateRequest, byte[]> backups = request -> new byte[0];

    @Override
    public void backupGuestState(
            BackupGuestStateRequest request, StreamObserver<BackupGuestStateResponse> answer) {
        asked.add(request);
        answer.onNext(
                BackupGuestStateResponse.newBuilder()
                        .setBundle(ByteString.copyFrom(backups.apply(request)))
                        .build());
        answer.onCompleted();
    }
}
