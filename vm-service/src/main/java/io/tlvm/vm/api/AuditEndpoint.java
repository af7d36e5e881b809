package io.tlvm.vm.api;

import com.google.protobuf.InvalidProtocolBufferException;

import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Uni;
import io.tlvm.compute.v1.AuditExportItem;
import io.tlvm.compute.v1.AuditHead;
import io.tlvm.compute.v1.AuditRecord;
import io.tlvm.compute.v1.AuditService;
import io.tlvm.compute.v1.ExportAuditRequest;
import io.tlvm.compute.v1.ExportAuditResponse;
import io.tlvm.compute.v1.GetAuditHeadRequest;
import io.tlvm.compute.v1.ListAuditRecordsRequest;
import io.tlvm.compute.v1.ListAuditRecordsResponse;
import io.tlvm.compute.v1.StoredAuditRecord;
import io.tlvm.vm.audit.AuditChain;
import io.tlvm.vm.audit.AuditChain.Kept;
import io.tlvm.vm.audit.AuditChain.Piece;
import io.tlvm.vm.audit.AuditChain.Stored;

import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;

/** tlvm.compute.v1.AuditService: gives out what is stored, and has no opinion about it. */
@GrpcService
class AuditEndpoint implements AuditService {
    private static final int RECORDS = 500;
    private static final int RECORDS_MAX = 1000;

    /** Clients take 4 MiB; receipts are long. */
    private static final int BYTES_MAX = 1024 * 1024;

    private final AuditChain chain;
    private final Pages pages;

    AuditEndpoint(AuditChain chain, Pages pages) {
        this.chain = chain;
        this.pages = pages;
    }

    @Override
    public Uni<ListAuditRecordsResponse> listAuditRecords(ListAuditRecordsRequest request) {
        return Answer.of(
                () -> {
                    var page =
                            pages.read(
                                    request.getPageSize(),
                                    request.getPageToken(),
                                    request,
                                    (after, limit) -> chain.list(wanted(request, after, limit)),
                                    stored -> Long.toString(stored.sequence()));
                    return ListAuditRecordsResponse.newBuilder()
                            .addAllRecords(page.items().stream().map(AuditEndpoint::read).toList())
                            .setNextPageToken(page.next())
                            .build();
                });
    }

    private static AuditChain.Wanted wanted(
            ListAuditRecordsRequest request, String after, int limit) {
        return new AuditChain.Wanted(
                after.isEmpty() ? 0 : Long.parseLong(after),
                limit,
                Optional.of(request.getVirtualMachine()).filter(vm -> !vm.isEmpty()),
                request.hasStartTime()
                        ? Optional.of(Translate.instant(request.getStartTime()))
                        : Optional.empty(),
                request.hasEndTime()
                        ? Optional.of(Translate.instant(request.getEndTime()))
                        : Optional.empty());
    }

    /** A record that somebody damaged is listed by its place alone; verifying says the rest. */
    private static AuditRecord read(Stored stored) {
        try {
            return AuditRecord.parseFrom(stored.content());
        } catch (InvalidProtocolBufferException damaged) {
            return AuditRecord.newBuilder().setSequence(stored.sequence()).build();
        }
    }

    @Override
    public Uni<ExportAuditResponse> exportAudit(ExportAuditRequest request) {
        return Answer.of(
                () -> {
                    int wanted = request.getMaxRecords();
                    return export(
                            chain.export(
                                    request.getAfterSequence(),
                                    wanted == 0 ? RECORDS : Math.min(wanted, RECORDS_MAX)));
                });
    }

    /**
     * Each checkpoint behind the record that it covers; fewer records than wanted if they are long.
     */
    private static ExportAuditResponse export(Piece piece) {
        var answer = ExportAuditResponse.newBuilder();
        Queue<Kept> checkpoints = new ArrayDeque<>(piece.checkpoints());
        long bytes = 0;
        for (Stored stored : piece.records()) {
            bytes += stored.content().size();
            if (bytes > BYTES_MAX && answer.getItemsCount() > 0) {
                return answer.build();
            }
            answer.addItems(
                    AuditExportItem.newBuilder()
                            .setRecord(
                                    StoredAuditRecord.newBuilder()
                                            .setSequence(stored.sequence())
                                            .setRecord(stored.content())
                                            .setHash(stored.hash())));
            while (!checkpoints.isEmpty()
                    && checkpoints.element().sequence() <= stored.sequence()) {
                answer.addItems(item(checkpoints.remove()));
            }
        }
        return answer.addAllItems(checkpoints.stream().map(AuditEndpoint::item).toList()).build();
    }

    private static AuditExportItem item(Kept kept) {
        return AuditExportItem.newBuilder().setCheckpoint(kept.signed()).build();
    }

    @Override
    public Uni<AuditHead> getAuditHead(GetAuditHeadRequest request) {
        return Answer.of(
                () -> {
                    AuditChain.Head head = chain.head();
                    var answer =
                            AuditHead.newBuilder()
                                    .setSequence(head.sequence())
                                    .setHash(head.hash());
                    chain.newestCheckpoint().ifPresent(answer::setCheckpoint);
                    return answer.build();
                });
    }
}
