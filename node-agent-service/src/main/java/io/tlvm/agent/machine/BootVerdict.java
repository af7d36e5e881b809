package io.tlvm.agent.machine;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the firmware said when nothing booted. QEMU has no event for it and the guest stays {@code
 * running}: the serial console is the only witness, and only until a kernel has started, because
 * afterwards the guest writes what it likes.
 */
final class BootVerdict {
    static final String SECURE_BOOT_REFUSED = "SECURE_BOOT_REFUSED";
    static final String NOTHING_TO_BOOT = "NOTHING_TO_BOOT";

    private static final int TAIL = 32 * 1024;

    /**
     * A disk's entry has a PCI path; the shell's, which is refused on every boot without a valid
     * option, has Fv(...).
     */
    private static final Pattern DISK_ENTRY =
            Pattern.compile(
                    "BdsDxe: failed to load Boot[0-9A-F]{4} \"[^\"\\r"
                            + "\\n"
                            + "]*\" from PciRoot[^\\r"
                            + "\\n"
                            + "]*: (Access Denied|Not Found)");

    private static final Pattern KERNEL =
            Pattern.compile("EFI stub: |Linux version |\\[ +0\\.0{6}\\]");

    private BootVerdict() {}

    /** Reads the end of a serial log; empty text when there is nothing to say. */
    static String of(Path serialLog) {
        try (RandomAccessFile log = new RandomAccessFile(serialLog.toFile(), "r")) {
            long from = Math.max(0, log.length() - TAIL);
            byte[] tail = new byte[(int) (log.length() - from)];
            log.seek(from);
            log.readFully(tail);
            return judge(new String(tail, StandardCharsets.ISO_8859_1));
        } catch (IOException nothingYet) {
            return "";
        }
    }

    static String judge(String console) {
        if (KERNEL.matcher(console).find()) {
            return "";
        }
        String verdict = "";
        Matcher entry = DISK_ENTRY.matcher(console);
        while (entry.find()) {
            verdict =
                    entry.group(1).equals("Access Denied") ? SECURE_BOOT_REFUSED : NOTHING_TO_BOOT;
        }
        return console.contains("bad shim signature") ? SECURE_BOOT_REFUSED : verdict;
    }
}
