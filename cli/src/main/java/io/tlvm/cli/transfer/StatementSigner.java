package io.tlvm.cli.transfer;

import com.google.protobuf.ByteString;

import io.tlvm.catalog.v1.CreateImageVersionRequest;
import io.tlvm.catalog.v1.SignedImageStatement;
import io.tlvm.cli.problem.Problem;
import io.tlvm.cli.problem.ProblemException;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;

/** Signs what a publisher states about an image, with a key that never leaves this process. */
public final class StatementSigner {

    private static final String BEGIN = "-----BEGIN PRIVATE KEY-----";
    private static final String END = "-----END PRIVATE KEY-----";

    private final PrivateKey key;

    private StatementSigner(PrivateKey key) {
        this.key = key;
    }

    /** Reads an unencrypted PKCS#8 PEM of an EC key. */
    public static StatementSigner load(Path file) {
        byte[] pem = {};
        byte[] der = {};
        try {
            pem = Files.readAllBytes(file);
            String text = new String(pem, StandardCharsets.US_ASCII);
            int begin = text.indexOf(BEGIN);
            int end = text.indexOf(END);
            if (begin < 0 || end < begin) {
                throw new ProblemException(
                        Problem.usage(
                                file + " has no unencrypted PKCS#8 key (BEGIN PRIVATE KEY)",
                                "convert it: openssl pkcs8 -topk8 -nocrypt -in KEY -out"
                                        + " KEY.pkcs8"));
            }
            der = Base64.getMimeDecoder().decode(text.substring(begin + BEGIN.length(), end));
            return new StatementSigner(
                    KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(der)));
        } catch (IOException unreadable) {
            throw new ProblemException(
                    Problem.usage(
                            "cannot read " + file, "give the path of the publisher's private key"),
                    unreadable);
        } catch (GeneralSecurityException | IllegalArgumentException damaged) {
            // No cause: its message may quote key material.
            throw new ProblemException(
                    Problem.usage(
                            file + " is not an EC key",
                            "make one: openssl genpkey -algorithm EC -pkeyopt"
                                    + " ec_paramgen_curve:P-256"));
        } finally {
            Arrays.fill(pem, (byte) 0);
            Arrays.fill(der, (byte) 0);
        }
    }

    /** The statement with its signature; the bytes that are signed are the bytes that are sent. */
    public CreateImageVersionRequest sign(SignedImageStatement statement) {
        byte[] bytes = statement.toByteArray();
        try {
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(key);
            signature.update(bytes);
            return CreateImageVersionRequest.newBuilder()
                    .setStatement(ByteString.copyFrom(bytes))
                    .setSignature(ByteString.copyFrom(signature.sign()))
                    .build();
        } catch (GeneralSecurityException unusable) {
            throw new ProblemException(Problem.usage("the key cannot sign", "use an EC P-256 key"));
        }
    }
}
