package io.tlvm.agent.transfer;

import org.jboss.logging.Logger;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.time.Duration;

import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Encrypts and decrypts records of nothing until the JVM has compiled what memory streams go
 * through.
 *
 * <p>HotSpot puts the processor's AES-GCM instructions only into code of its highest tier, which it
 * compiles after thousands of calls, and TLS makes one call for 16 KiB: measured, the first 20 MB
 * of a JVM go at 46 MB/s and the eighth 20 MB at 2,475 MB/s. That would be the first migration of
 * each agent, its pause included. Records of 1 KiB get there within a fifth of a second.
 */
public final class Rehearsal {
    private static final Logger LOG = Logger.getLogger(Rehearsal.class);
    private static final int RECORDS = 12_000;
    private static final int RECORD_BYTES = 1024;
    private static final int TAG_BYTES = 16;
    private static final int NONCE_BYTES = 12;
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** The header of a TLS 1.3 record is authenticated too, RFC 8446 section 5.2. */
    private static final byte[] HEADER = {23, 3, 3, 0, 0};

    private Rehearsal() {}

    /** Begins on a thread of its own. */
    public static void start() {
        Thread thread = new Thread(Rehearsal::play, "rehearsal");
        thread.setDaemon(true);
        thread.start();
    }

    private static void play() {
        long begin = System.nanoTime();
        try {
            int records = rounds(begin + LIMIT.toNanos());
            LOG.infof(
                    "rehearsed %d records in %d ms",
                    records, (System.nanoTime() - begin) / 1_000_000);
        } catch (GeneralSecurityException unusable) {
            // Without AES-GCM no TLS channel will open either, and that says more.
            LOG.warnf("no rehearsal of AES-GCM: %s", unusable.getMessage());
        }
    }

    private static int rounds(long end) throws GeneralSecurityException {
        Cipher out = Cipher.getInstance("AES/GCM/NoPadding");
        Cipher in = Cipher.getInstance("AES/GCM/NoPadding");
        // Protects nothing.
        SecretKeySpec key = new SecretKeySpec(new byte[32], "AES");
        ByteBuffer plain = ByteBuffer.allocate(RECORD_BYTES);
        ByteBuffer sealed = ByteBuffer.allocate(RECORD_BYTES + TAG_BYTES);
        ByteBuffer opened = ByteBuffer.allocate(RECORD_BYTES + TAG_BYTES);
        int round = 0;
        while (round < RECORDS && System.nanoTime() < end) {
            round++;
            byte[] nonce = new byte[NONCE_BYTES];
            ByteBuffer.wrap(nonce).putInt(NONCE_BYTES - Integer.BYTES, round);
            GCMParameterSpec parameters = new GCMParameterSpec(TAG_BYTES * 8, nonce);
            out.init(Cipher.ENCRYPT_MODE, key, parameters);
            out.updateAAD(HEADER);
            int unusedSealed = out.doFinal(plain.clear(), sealed.clear());
            in.init(Cipher.DECRYPT_MODE, key, parameters);
            in.updateAAD(HEADER);
            int unusedOpened = in.doFinal(sealed.flip(), opened.clear());
        }
        return round;
    }
}
