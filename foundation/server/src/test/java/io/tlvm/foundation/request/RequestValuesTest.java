package io.tlvm.foundation.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.longrunning.GetOperationRequest;
import com.google.longrunning.ListOperationsRequest;
import com.google.rpc.ErrorInfo;

import io.tlvm.foundation.operation.OperationName;
import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.foundation.refusal.RefusalView;
import io.tlvm.type.v1.ErrorReason;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.UUID;

class RequestValuesTest {

    private static final ListOperationsRequest LIST =
            ListOperationsRequest.newBuilder()
                    .setName("projects/default")
                    .setFilter("done=true")
                    .setPageSize(5)
                    .build();

    private final PageTokens pages = new PageTokens(ErrorDomain.CATALOG);

    @Test
    void a_random_uuid_is_a_request_id_and_nothing_is_none() {
        var id = UUID.randomUUID();

        assertThat(RequestId.parse(id.toString(), ErrorDomain.CATALOG)).contains(new RequestId(id));
        assertThat(RequestId.parse("", ErrorDomain.CATALOG)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x",
                "1-1-4000-8000-1",
                "00000000-0000-0000-0000-000000000000",
                "7e2a5a9e-6d5b-1c0e-9b7e-0d5ef2b1c3a4",
                " 7e2a5a9e-6d5b-4c0e-9b7e-0d5ef2b1c3a4"
            })
    void everything_else_is_a_violation(String text) {
        assertThatThrownBy(() -> RequestId.parse(text, ErrorDomain.CATALOG))
                .satisfies(
                        refused ->
                                assertThat(RefusalView.of(refused).violations())
                                        .singleElement()
                                        .satisfies(
                                                violation ->
                                                        assertThat(violation.getField())
                                                                .isEqualTo("request_id")));
    }

    @Test
    void a_page_token_leads_to_its_key_whatever_the_page_size() {
        String token = pages.next("the/last key ✓", LIST);

        assertThat(pages.after(token, LIST.toBuilder().setPageSize(9).setPageToken(token).build()))
                .contains("the/last key ✓");
        assertThat(pages.after("", LIST)).isEmpty();
    }

    @Test
    void a_page_token_of_another_list_or_a_damaged_one_is_refused() {
        String token = pages.next("key", LIST);

        for (var pair :
                java.util.List.of(
                        java.util.Map.entry(
                                token, LIST.toBuilder().setFilter("done=false").build()),
                        java.util.Map.entry("AAAA", LIST),
                        java.util.Map.entry("%%%", LIST),
                        java.util.Map.entry("A".repeat(5_000), LIST))) {
            assertThatThrownBy(() -> pages.after(pair.getKey(), pair.getValue()))
                    .satisfies(
                            refused ->
                                    assertThat(RefusalView.of(refused).reason())
                                            .isEqualTo(
                                                    ErrorReason.ERROR_REASON_PAGE_TOKEN_INVALID));
        }
    }

    @Test
    void fingerprints_tell_bodies_and_types_apart_but_not_map_orders() {
        var ab = ErrorInfo.newBuilder().putMetadata("a", "1").putMetadata("b", "2").build();
        var ba = ErrorInfo.newBuilder().putMetadata("b", "2").putMetadata("a", "1").build();

        assertThat(RequestFingerprint.of(ab)).isEqualTo(RequestFingerprint.of(ba)).hasSize(64);
        assertThat(RequestFingerprint.of(ab))
                .isNotEqualTo(RequestFingerprint.of(ab.toBuilder().setReason("x").build()));
        assertThat(RequestFingerprint.of(GetOperationRequest.getDefaultInstance()))
                .isNotEqualTo(RequestFingerprint.of(ListOperationsRequest.getDefaultInstance()));
        assertThatThrownBy(() -> RequestFingerprint.of(ab, "no_such_field"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void operation_names_are_read_back_and_others_refused() {
        var name = OperationName.of("default", ErrorDomain.CATALOG, UUID.randomUUID());

        assertThat(OperationName.parse(name.toString())).isEqualTo(name);
        assertThat(name.toString()).startsWith("projects/default/operations/catalog-");
        assertThatThrownBy(() -> OperationName.parse(name + "x"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> OperationName.parse("operations/catalog-1"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> OperationName.of("default", ErrorDomain.NODE, UUID.randomUUID()))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
