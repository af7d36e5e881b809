package io.tlvm.catalog.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UrnTest {
    @Test
    void case_of_the_publisher_does_not_matter() {
        assertThat(Urn.parse("MicrosoftWindowsDesktop:windows-11:win11-22h2-avd:latest"))
                .isEqualTo(Urn.parse("microsoftwindowsdesktop:windows-11:win11-22h2-avd:latest"));
    }

    @Test
    void name_and_urn_say_the_same() {
        var urn = Urn.parse("p:o:s:1.2.3");
        assertThat(urn.name()).isEqualTo("publishers/p/offers/o/skus/s/versions/1.2.3");
        assertThat(Urn.fromName(urn.name())).contains(urn);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a",
                "a:b:c",
                "a:b:c:d:e",
                "a:b:c:",
                ":b:c:d",
                "a:B:c:d",
                "a:b:../x:d",
                "a:b:c:-",
                "a:b:c:d\n",
                "a:b:c:d e",
                "а:b:c:d",
                "a:b:c:d/e",
                "a:b:c,x=y:d",
                "a:b:c:\u202ed"
            })
    void anything_else_is_no_urn(String text) {
        assertThatThrownBy(() -> Urn.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
