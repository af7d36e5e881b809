package io.tlvm.agent.machine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Console texts as OVMF 2022.11, shim 15.8 and GRUB 2.06 write them. */
class BootVerdictTest {
    private static final String DISK =
            "BdsDxe: failed to load Boot0001 \"UEFI Misc Device\" from PciRoot(0x0)/Pci(0x3,0x0): ";
    private static final String SHELL =
            "BdsDxe: failed to load Boot0002 \"EFI Internal Shell\" from"
                + " Fv(7CB8BDC9-F8EB-4F34-AAEA-3EE4AF6516A1)/FvFile(7C04A583-9E3E-4F1C-AD65-E05268D0B4D1):"
                + " Security Violation\r\n";

    @Test
    void a_refused_boot_loader_is_told_from_an_empty_disk() {
        assertThat(BootVerdict.judge(DISK + "Access Denied\r\n" + SHELL))
                .isEqualTo("SECURE_BOOT_REFUSED");
        assertThat(BootVerdict.judge(DISK + "Not Found\r\n" + SHELL)).isEqualTo("NOTHING_TO_BOOT");
    }

    @Test
    void a_refused_kernel_counts_although_shim_and_grub_started() {
        assertThat(
                        BootVerdict.judge(
                                "BdsDxe: starting Boot0001\r\n"
                                        + "error: bad shim signature.\r\n"
                                        + "grub> "))
                .isEqualTo("SECURE_BOOT_REFUSED");
    }

    @Test
    void the_shell_that_is_refused_on_every_boot_says_nothing() {
        assertThat(BootVerdict.judge(SHELL)).isEmpty();
        assertThat(BootVerdict.judge("")).isEmpty();
    }

    @Test
    void what_a_started_guest_writes_is_no_verdict() {
        assertThat(
                        BootVerdict.judge(
                                "EFI stub: UEFI Secure Boot is enabled.\r\n"
                                        + DISK
                                        + "Access Denied\r\n"))
                .isEmpty();
    }
}
