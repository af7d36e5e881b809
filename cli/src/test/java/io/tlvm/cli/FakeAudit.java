package io.tlvm.cli;

import com.google.protobuf.InvalidProtocolBufferException;

import io.grpc.stub.StreamObserver;
import io.tlvm.compute.v1.AuditExportItem;
import io.tlvm.compute.v1.AuditHead;
import io.tlvm.compute.v1.AuditRecord;
import io.tlvm.compute.v1.AuditServiceGrpc;
import io.tlvm.compute.v1.ExportAuditRequest;
import io.tlvm.compute.v1.ExportAuditResponse;
import io.tlvm.compute.v1.GetAuditHeadRequest;
import io.tlvm.compute.v1.ListAuditRecordsRequest;
import io.tlvm.compute.v1.ListAuditRecordsResponse;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Serves whatever a test says that the database holds, a few records at a time. */
final class FakeAudit extends AuditServiceGrpc.AuditServiceImplBase {
    private static final int PAGE = 4;

    final List<ListAuditRecordsRequest> lists = new CopyOnWriteArrayList<>();
    volatile List<AuditExportItem> items = List.of();
    volatile AuditHead head = AuditHead.getDefaultInstance();

    @Override
    public void exportAudit(
            ExportAuditRequest request, StreamObserver<ExportAuditResponse> answer) {
        var page = ExportAuditResponse.newBuilder();
        int records = 0;
        boolean behind = request.getAfterSequence() == 0;
        for (AuditExportItem item : items) {
            if (behind && item.hasRecord() && ++records > PAGE) {
                break;
            }
            if (behind) {
                page.addItems(item);
            }
            behind |=
                    item.hasRecord()
                            && item.getRecord().getSequence() == request.getAfterSequence();
        }
        answer.onNext(page.build());
        answer.onCompleted();
    }

    @Override
    public void getAuditHead(GetAuditHeadRequest request, StreamObserver<AuditHead> answer) {
        answer.onNext(head);
        answer.onCompleted();
    }

    @Override
    public void listAuditRecords(
            ListAuditRecordsRequest request, StreamObserver<ListAuditRecordsResponse> answer) {
        lists.add(request);
        var page = ListAuditRecordsResponse.newBuilder();
        try {
            for (AuditExportItem item : items) {
                if (item.hasRecord()) {
                    page.addRecords(AuditRecord.parseFrom(item.getRecord().getRecord()));
                }
            }
        } catch (InvalidProtocolBufferException damaged) {
            throw new IllegalStateException(damaged);
        }
        answer.onNext(page.build());
        answer.onCompleted();
    }
}
