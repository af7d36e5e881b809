package io.tlvm.catalog.api;

import static io.tlvm.foundation.refusal.Refused.refused;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_IMAGE_NOT_FOUND;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_PAGE_TOKEN_INVALID;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tlvm.catalog.cluster.CatalogEnvironment;
import io.tlvm.catalog.cluster.Peers;
import io.tlvm.catalog.v1.GetImageVersionRequest;
import io.tlvm.catalog.v1.ImageVersion;
import io.tlvm.catalog.v1.ListImageVersionsRequest;
import io.tlvm.catalog.v1.ListPublishersRequest;
import io.tlvm.catalog.v1.ResolveImageRequest;
import io.tlvm.catalog.v1.TrustedLaunchSupport;
import io.tlvm.type.v1.OsType;

import jakarta.inject.Inject;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

@QuarkusTest
@QuarkusTestResource(CatalogEnvironment.class)
class MarketplaceTest {
    private static final String MICROSOFT = "publishers/microsoftwindowsdesktop/offers/-/skus/-";

    @Inject Peers peers;

    @Test
    void the_rows_are_there_as_printed_and_the_fifth_is_corrected() {
        assertThat(list(MICROSOFT, 0))
                .extracting(ImageVersion::getTitle, ImageVersion::getUrn)
                .containsExactlyInAnyOrder(
                        tuple(
                                "Windows 11 Enterprise multi-session, version 22H2 - Gen2",
                                "microsoftwindowsdesktop:windows-11:win11-22h2-avd:22621.2428.231001"),
                        tuple(
                                "Windows 11 Enterprise multi-session, version 22H2 + Microsoft 365"
                                        + " Apps (preview) - Gen2",
                                "microsoftwindowsdesktop:windows11preview:win11-22h2-avd-m365:22621.382.220810"),
                        tuple(
                                "Windows 11 Enterprise multi-session, version 21H2 - Gen2",
                                "microsoftwindowsdesktop:windows-11:win11-21h2-avd:22000.2538.231001"),
                        tuple(
                                "Windows 11 Enterprise multi-session, version 21H2 + Microsoft 365"
                                        + " Apps - Gen2",
                                "microsoftwindowsdesktop:office-365:win10-21h2-avd-m365-g2:19044.3570.231010"),
                        tuple(
                                "Windows 11 Enterprise multi-session, version 21H2 + Microsoft 365"
                                        + " Apps - Gen2",
                                "microsoftwindowsdesktop:office-365:win11-21h2-avd-m365:22000.2538.231010"));
    }

    @Test
    void seeded_rows_are_windows_and_capable_and_the_contradicting_one_says_so() {
        assertThat(list(MICROSOFT, 0))
                .allSatisfy(
                        row -> {
                            assertThat(row.getOsType()).isEqualTo(OsType.OS_TYPE_WINDOWS);
                            assertThat(row.getTrustedLaunch())
                                    .isEqualTo(
                                            TrustedLaunchSupport.TRUSTED_LAUNCH_SUPPORT_SUPPORTED);
                            assertThat(row.getSignedBy()).isEmpty();
                        });
        ImageVersion printed =
                resolve("microsoftwindowsdesktop:office-365:win10-21h2-avd-m365-g2:latest");
        assertThat(printed.getNote())
                .contains("Windows 10")
                .contains(
                        "microsoftwindowsdesktop:office-365:win11-21h2-avd-m365:22000.2538.231010");
    }

    @Test
    void a_row_without_media_says_how_to_bring_it() {
        ImageVersion row =
                resolve("microsoftwindowsdesktop:windows11preview:win11-22h2-avd-m365:latest");
        assertThat(row.getContentAvailable()).isFalse();
        assertThat(row.getDigest()).isEmpty();
        assertThat(row.getContentReason())
                .isEqualTo(
                        "no content: bring your own media with 'tlvm image marketplace add-content"
                            + " microsoftwindowsdesktop:windows11preview:win11-22h2-avd-m365:22621.382.220810"
                            + " FILE'");
    }

    @Test
    void case_of_the_publisher_does_not_matter() {
        assertThat(
                        resolve(
                                        "MicrosoftWindowsDesktop:windows-11:win11-22h2-avd:22621.2428.231001")
                                .getName())
                .isEqualTo(
                        "publishers/microsoftwindowsdesktop/offers/windows-11/skus/win11-22h2-avd"
                                + "/versions/22621.2428.231001");
    }

    @Test
    void an_unknown_image_is_refused_with_what_was_probably_meant() {
        var view =
                refused(() -> resolve("microsoftwindowsdesktop:windows-11:win11-22h2-adv:latest"));
        assertThat(view.reason()).isEqualTo(ERROR_REASON_IMAGE_NOT_FOUND);
        assertThat(view.metadata().get("suggestions"))
                .startsWith("microsoftwindowsdesktop:windows-11:win11-22h2-avd:22621.2428.231001");
    }

    @Test
    void a_version_is_got_by_its_name() {
        String name =
                "publishers/microsoftwindowsdesktop/offers/windows-11/skus/win11-21h2-avd/versions/22000.2538.231001";
        assertThat(
                        peers.catalog("svc/vm-service")
                                .getImageVersion(
                                        GetImageVersionRequest.newBuilder().setName(name).build())
                                .getName())
                .isEqualTo(name);
    }

    @Test
    void pages_together_are_the_whole_list_in_order() {
        var names = new ArrayList<String>();
        String token = "";
        do {
            var page =
                    peers.catalog("user/alice")
                            .listImageVersions(
                                    ListImageVersionsRequest.newBuilder()
                                            .setParent(MICROSOFT)
                                            .setPageSize(2)
                                            .setPageToken(token)
                                            .build());
            assertThat(page.getImageVersionsCount()).isLessThanOrEqualTo(2);
            page.getImageVersionsList().forEach(row -> names.add(row.getName()));
            token = page.getNextPageToken();
        } while (!token.isEmpty());

        assertThat(names).hasSize(5).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void a_page_token_of_another_list_is_refused() {
        String token =
                peers.catalog("user/alice")
                        .listImageVersions(
                                ListImageVersionsRequest.newBuilder()
                                        .setParent(MICROSOFT)
                                        .setPageSize(1)
                                        .build())
                        .getNextPageToken();
        var view =
                refused(
                        () ->
                                peers.catalog("user/alice")
                                        .listImageVersions(
                                                ListImageVersionsRequest.newBuilder()
                                                        .setParent("publishers/-/offers/-/skus/-")
                                                        .setPageToken(token)
                                                        .build()));
        assertThat(view.reason()).isEqualTo(ERROR_REASON_PAGE_TOKEN_INVALID);
    }

    @Test
    void the_list_is_narrowed_by_offer_and_support() {
        assertThat(list("publishers/microsoftwindowsdesktop/offers/windows-11/skus/-", 0))
                .hasSize(2);
        assertThat(
                        peers.catalog("user/alice")
                                .listImageVersions(
                                        ListImageVersionsRequest.newBuilder()
                                                .setParent(MICROSOFT)
                                                .setTrustedLaunch(
                                                        TrustedLaunchSupport
                                                                .TRUSTED_LAUNCH_SUPPORT_UNSUPPORTED)
                                                .build())
                                .getImageVersionsList())
                .isEmpty();
    }

    @Test
    void the_seeded_publisher_is_listed_as_such_and_has_no_key() {
        assertThat(
                        peers.catalog("user/alice")
                                .listPublishers(ListPublishersRequest.getDefaultInstance())
                                .getPublishersList())
                .anySatisfy(
                        publisher -> {
                            assertThat(publisher.getName())
                                    .isEqualTo("publishers/microsoftwindowsdesktop");
                            assertThat(publisher.getSeeded()).isTrue();
                            assertThat(publisher.getKeyFingerprintsList()).isEmpty();
                        });
    }

    private List<ImageVersion> list(String parent, int pageSize) {
        return peers.catalog("user/alice")
                .listImageVersions(
                        ListImageVersionsRequest.newBuilder()
                                .setParent(parent)
                                .setPageSize(pageSize)
                                .build())
                .getImageVersionsList();
    }

    private ImageVersion resolve(String urn) {
        return peers.catalog("user/alice")
                .resolveImage(ResolveImageRequest.newBuilder().setUrn(urn).build())
                .getImageVersion();
    }
}
