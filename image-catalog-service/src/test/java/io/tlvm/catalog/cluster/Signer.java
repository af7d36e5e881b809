package io.tlvm.catalog.cluster;

import com.google.protobuf.ByteString;

import io.tlvm.catalog.v1.AddPublisherKeyRequest;
import io.tlvm.catalog.v1.CreateImageVersionRequest;
import io.tlvm.catalog.v1.CreatePublisherRequest;
import io.tlvm.catalog.v1.Publisher;
import io.tlvm.catalog.v1.SignedImageStatement;
import io.tlvm.type.v1.OsType;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;

/** A publisher with its signing key, made without any code of the service. */
public final class Signer {
    private final KeyPair keys = p256();

    private static KeyPair p256() {
        try {
            var generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    public Publisher register(Peers peers, String publisher) {
        peers.catalog("user/admin")
                .createPublisher(
                        CreatePublisherRequest.newBuilder()
                                .setPublisherId(publisher)
                                .setPublisher(Publisher.newBuilder().setDisplayName("Test"))
                                .build());
        return peers.catalog("user/admin")
                .addPublisherKey(
                        AddPublisherKeyRequest.newBuilder()
                                .setPublisher("publishers/" + publisher)
                                .setPublicKeyPem(pem())
                                .build());
    }

    public static SignedImageStatement.Builder statement(String urn, byte[] content) {
        return SignedImageStatement.newBuilder()
                .setUrn(urn)
                .setTitle("A test image")
                .setOsType(OsType.OS_TYPE_LINUX)
                .setTrustedLaunchCapable(true)
                .setDigest(Uploader.digest(content))
                .setSizeBytes(content.length)
                .setFormat("raw");
    }

    public CreateImageVersionRequest sign(SignedImageStatement.Builder statement) {
        ByteString bytes = statement.build().toByteString();
        try {
            var signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(keys.getPrivate());
            signature.update(bytes.toByteArray());
            return CreateImageVersionRequest.newBuilder()
                    .setStatement(bytes)
                    .setSignature(ByteString.copyFrom(signature.sign()))
                    .build();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    public String pem() {
        return "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder().encodeToString(keys.getPublic().getEncoded())
                + "\n-----END PUBLIC KEY-----\n";
    }

    public String fingerprint() {
        return Uploader.digest(keys.getPublic().getEncoded());
    }
}
