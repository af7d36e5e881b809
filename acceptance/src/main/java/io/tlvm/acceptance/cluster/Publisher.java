package io.tlvm.acceptance.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;

/** A publisher with a signing key of its own, as an administrator pins one. */
public final class Publisher {
    private final String name;
    private final Tlvm tlvm;
    private final Path privateKey;

    private Publisher(String name, Tlvm tlvm, Path privateKey) {
        this.name = name;
        this.tlvm = tlvm;
        this.privateKey = privateKey;
    }

    /**
     * Makes a key pair in {@code directory}, and has the administrator create the publisher and pin
     * the public half.
     */
    public static Publisher pinned(String name, Path directory, Tlvm tlvm) {
        try {
            Files.createDirectories(directory);
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            KeyPair keys = generator.generateKeyPair();
            Path privateKey = directory.resolve(name + ".key");
            Files.deleteIfExists(privateKey);
            Files.createFile(
                    privateKey,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rw-------")));
            Files.writeString(privateKey, pem("PRIVATE KEY", keys.getPrivate().getEncoded()));
            Path publicKey = directory.resolve(name + ".pub");
            Files.writeString(publicKey, pem("PUBLIC KEY", keys.getPublic().getEncoded()));
            tlvm.ok("image", "publisher", "create", name);
            tlvm.ok("image", "publisher", "add-key", name, publicKey.toString());
            return new Publisher(name, tlvm, privateKey);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK cannot make EC P-256 keys", e);
        }
    }

    private static String pem(String type, byte[] der) {
        return "-----BEGIN "
                + type
                + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
                + "\n-----END "
                + type
                + "-----\n";
    }

    /** Signs and publishes an image; returns its URN. */
    public String publish(String sku, String title, Path file) {
        String urn = name + ":guest:" + sku + ":1.0.0";
        tlvm.ok(
                "image",
                "publish",
                "--urn",
                urn,
                "--title",
                title,
                "--os-type",
                "linux",
                "--file",
                file.toString(),
                "--key",
                privateKey.toString());
        return urn;
    }
}
