package io.tlvm.vm.api;

import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Uni;
import io.tlvm.compute.v1.BackupGuestStateRequest;
import io.tlvm.compute.v1.BackupGuestStateResponse;
import io.tlvm.compute.v1.GuestStateService;
import io.tlvm.foundation.access.Caller;
import io.tlvm.foundation.backup.RecipientKey;
import io.tlvm.vm.backup.Backups;

/** tlvm.compute.v1.GuestStateService. */
@GrpcService
class GuestStateEndpoint implements GuestStateService {
    private final Backups backups;

    GuestStateEndpoint(Backups backups) {
        this.backups = backups;
    }

    @Override
    public Uni<BackupGuestStateResponse> backupGuestState(BackupGuestStateRequest request) {
        return Answer.of(
                () ->
                        BackupGuestStateResponse.newBuilder()
                                .setBundle(
                                        backups.make(
                                                        Translate.name(request.getName()),
                                                        request.getRecipientsList().stream()
                                                                .map(RecipientKey::new)
                                                                .toList(),
                                                        Caller.current().uri())
                                                .sealed()
                                                .file())
                                .build());
    }
}
