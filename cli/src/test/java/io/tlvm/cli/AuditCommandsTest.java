package io.tlvm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;

import io.tlvm.compute.v1.AuditExportItem;
import io.tlvm.compute.v1.AuditHead;
import io.tlvm.compute.v1.StoredAuditRecord;
import io.tlvm.foundation.audit.WrittenChain;
import io.tlvm.foundation.identity.TrustDomain;
import io.tlvm.type.v1.SignedStatement;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

class AuditCommandsTest {
    private static final int INTEGRITY = 9;

    private Path directory;
    private FakeCloud cloud;
    private Cli cli;
    private WrittenChain chain;

    @BeforeEach
    void start(@TempDir Path temporary) {
        directory = temporary;
        cloud = new FakeCloud(directory);
        cli = new Cli(cloud.environment(directory));
        chain =
                new WrittenChain(
                                directory.resolve("signers"),
                                cloud.authority,
                                new TrustDomain(FakeCloud.DOMAIN))
                        .lived();
        serve(chain.exported(), chain.checkpoint());
    }

    @AfterEach
    void stop() throws Exception {
        chain.close();
        cloud.close();
    }

    private void serve(List<AuditExportItem> items, SignedStatement checkpoint) {
        cloud.audit.items = items;
        StoredAuditRecord last =
                items.stream()
                        .filter(AuditExportItem::hasRecord)
                        .reduce((first, second) -> second)
                        .orElseThrow()
                        .getRecord();
        cloud.audit.head =
                AuditHead.newBuilder()
                        .setSequence(last.getSequence())
                        .setHash(last.getHash())
                        .setCheckpoint(checkpoint)
                        .build();
    }

    private List<AuditExportItem> withoutTheEnd() {
        return chain.exported().subList(0, 7);
    }

    @Test
    void a_whole_chain_is_said_to_be_whole() {
        var outcome = cli.run("audit", "verify");

        assertThat(outcome.status()).as(outcome.err()).isZero();
        assertThat(outcome.out())
                .contains("whole: 11 records", "covers record 11", "hand-overs: 1 proven");
    }

    @Test
    void an_edited_record_ends_in_9_and_its_number() {
        List<AuditExportItem> items = new ArrayList<>(chain.exported());
        StoredAuditRecord sixth = chain.records().get(5);
        byte[] bytes = sixth.getRecord().toByteArray();
        bytes[bytes.length - 1] ^= 1;
        items.set(
                5,
                WrittenChain.item(sixth.toBuilder().setRecord(ByteString.copyFrom(bytes)).build()));
        serve(items, chain.checkpoint());

        var outcome = cli.run("audit", "verify");
        assertThat(outcome.status()).isEqualTo(INTEGRITY);
        assertThat(outcome.err())
                .contains("AUDIT_CHAIN_BROKEN: record 6: expected", "found", "fix:");
        assertThat(outcome.out()).isEmpty();
    }

    @Test
    void a_chain_that_was_cut_off_is_found_by_what_was_kept_and_by_nothing_else() {
        Path kept = directory.resolve("kept");
        assertThat(cli.run("audit", "checkpoint", "--file", kept.toString()).status()).isZero();
        serve(withoutTheEnd(), chain.checkpoint());

        assertThat(cli.run("audit", "verify").status()).isZero();
        var outcome = cli.run("audit", "verify", "--checkpoint", kept.toString());
        assertThat(outcome.status()).isEqualTo(INTEGRITY);
        assertThat(outcome.err()).contains("record 8: expected records up to 11", "that was kept");
    }

    @Test
    void a_service_that_keeps_records_back_is_found() {
        AuditHead head = cloud.audit.head;
        cloud.audit.items = withoutTheEnd();
        cloud.audit.head = head;

        var outcome = cli.run("audit", "verify");
        assertThat(outcome.status()).isEqualTo(INTEGRITY);
        assertThat(outcome.err()).contains("record 8");
    }

    @Test
    void a_checkpoint_that_the_service_did_not_sign_is_not_kept() {
        serve(
                chain.exported(),
                chain.checkpoint(chain.foreign("spiffe://tlvm.local/svc/vm-service")));
        Path kept = directory.resolve("kept");

        var outcome = cli.run("audit", "checkpoint", "--file", kept.toString());
        assertThat(outcome.status()).isEqualTo(INTEGRITY);
        assertThat(outcome.err()).contains("proves nothing");
        assertThat(kept).doesNotExist();
    }

    @Test
    void without_any_checkpoint_there_is_nothing_to_keep() {
        cloud.audit.head = cloud.audit.head.toBuilder().clearCheckpoint().build();

        assertThat(
                        cli.run(
                                        "audit",
                                        "checkpoint",
                                        "--file",
                                        directory.resolve("kept").toString())
                                .status())
                .isEqualTo(5);
    }

    @Test
    void an_export_is_verified_without_the_service_and_never_overwritten() throws IOException {
        Path file = directory.resolve("chain");
        assertThat(cli.run("audit", "export", "--file", file.toString()).status()).isZero();
        Path authorities = Files.copy(chain.authorities(), directory.resolve("ca.pem"));
        var offline = new Cli(java.util.Map.of("TLVM_TRUST_DOMAIN", FakeCloud.DOMAIN));

        var verified =
                offline.run(
                        "audit",
                        "verify",
                        "--file",
                        file.toString(),
                        "--ca",
                        authorities.toString());
        assertThat(verified.status()).as(verified.err()).isZero();
        assertThat(verified.out()).contains("whole: 11 records");
        assertThat(cli.run("audit", "export", "--file", file.toString()).status()).isEqualTo(2);

        byte[] content = Files.readAllBytes(file);
        for (int length : new int[] {content.length - 1, content.length / 2}) {
            Files.write(file, Arrays.copyOf(content, length));
            var cut = cli.run("audit", "verify", "--file", file.toString());
            assertThat(cut.status()).as(cut.out()).isEqualTo(INTEGRITY);
        }
    }

    @Test
    void another_authority_proves_nothing() {
        Path other = directory.resolve("other");
        try (var foreign = new WrittenChain(other)) {
            var outcome = cli.run("audit", "verify", "--ca", foreign.authorities().toString());
            assertThat(outcome.status()).isEqualTo(INTEGRITY);
        }
    }

    @Test
    void records_are_listed_with_what_changed_and_on_whose_word() {
        var outcome = cli.run("audit", "list", "--vm", "web01", "--since", "2026-11-24T08:00:00Z");

        assertThat(outcome.status()).as(outcome.err()).isZero();
        assertThat(outcome.out())
                .contains(
                        "RUNNING→MIGRATING on node-a epoch 2",
                        "node-a→node-b epoch 2→3, signed by node-a, node-b, vm-service",
                        "FENCING→FENCED",
                        "spiffe://tlvm.test/user/admin");
        assertThat(cloud.audit.lists)
                .singleElement()
                .satisfies(
                        request -> {
                            assertThat(request.getVirtualMachine())
                                    .isEqualTo("projects/default/virtualMachines/web01");
                            assertThat(request.getStartTime().getSeconds()).isPositive();
                            assertThat(request.hasEndTime()).isFalse();
                        });
        assertThat(cli.run("audit", "list", "-o", "json").out()).contains("\"handOver\"");
    }
}
