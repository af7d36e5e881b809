package io.tlvm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tlvm.catalog.v1.CreateImageVersionRequest;
import io.tlvm.catalog.v1.SignedImageStatement;
import io.tlvm.type.v1.OsType;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.Base64;

class ImageCommandsTest {

    private static final int SIZE = 3 * 1024 * 1024 + 17;

    private Path directory;
    private FakeCloud cloud;
    private Cli cli;

    @BeforeEach
    void start(@TempDir Path fresh) {
        directory = fresh;
        cloud = new FakeCloud(directory);
        cli = new Cli(cloud.environment(directory));
    }

    @AfterEach
    void stop() throws Exception {
        cloud.close();
    }

    private Path image(byte[] content) throws Exception {
        return Files.write(directory.resolve("image.raw"), content);
    }

    private static byte[] content() {
        byte[] bytes = new byte[SIZE];
        new java.util.Random(42).nextBytes(bytes);
        return bytes;
    }

    @Test
    void a_file_becomes_an_image_after_its_content_arrived() throws Exception {
        byte[] bytes = content();
        var outcome =
                cli.run(
                        "image",
                        "create",
                        "mine",
                        "--file",
                        image(bytes).toString(),
                        "--os-type",
                        "linux");

        assertThat(outcome.status()).as(outcome.err()).isZero();
        String digest = FakeCloud.digest(bytes);
        assertThat(cloud.kept(digest)).isEqualTo(bytes);
        assertThat(cloud.images.getFirst().getUploadedDigest()).isEqualTo(digest);
        assertThat(cloud.images.getFirst().getOsType()).isEqualTo(OsType.OS_TYPE_LINUX);
        assertThat(outcome.err()).contains("DIGEST").contains("UPLOAD");
    }

    @Test
    void an_upload_that_broke_goes_on_from_what_was_kept() throws Exception {
        byte[] bytes = content();
        cloud.breakUploadAfter = 1024 * 1024;

        var outcome = cli.run("image", "create", "mine", "--file", image(bytes).toString());

        assertThat(outcome.status()).as(outcome.err()).isZero();
        assertThat(cloud.uploadOffsets).hasSize(2).first().isEqualTo(0L);
        assertThat(cloud.uploadOffsets.getLast()).isGreaterThan(1024 * 1024);
        assertThat(Arrays.equals(cloud.kept(FakeCloud.digest(bytes)), bytes)).isTrue();
    }

    @Test
    void an_image_needs_exactly_one_source() {
        assertThat(cli.run("image", "create", "mine").status()).isEqualTo(2);
        assertThat(cli.run("image", "create", "mine", "--urn", "a:b:c:d", "--file", "x").status())
                .isEqualTo(2);
    }

    @Test
    void a_published_statement_is_signed_over_the_bytes_that_are_sent() throws Exception {
        KeyPair keys = keys();
        byte[] bytes = content();

        var outcome =
                cli.run(
                        "image",
                        "publish",
                        "--urn",
                        "acme:linux:server:1.0",
                        "--title",
                        "ACME Linux",
                        "--file",
                        image(bytes).toString(),
                        "--key",
                        pem(keys).toString(),
                        "--os-type",
                        "linux",
                        "--not-capable",
                        "no signed boot loader");

        assertThat(outcome.status()).as(outcome.err()).isZero();
        CreateImageVersionRequest request = cloud.published.getFirst();
        Signature check = Signature.getInstance("SHA256withECDSA");
        check.initVerify(keys.getPublic());
        check.update(request.getStatement().toByteArray());
        assertThat(check.verify(request.getSignature().toByteArray())).isTrue();
        assertThat(SignedImageStatement.parseFrom(request.getStatement()))
                .isEqualTo(
                        SignedImageStatement.newBuilder()
                                .setUrn("acme:linux:server:1.0")
                                .setTitle("ACME Linux")
                                .setOsType(OsType.OS_TYPE_LINUX)
                                .setTrustedLaunchCapable(false)
                                .setTrustedLaunchReason("no signed boot loader")
                                .setDigest(FakeCloud.digest(bytes))
                                .setSizeBytes(SIZE)
                                .setFormat("raw")
                                .build());
        assertThat(cloud.uploads).containsKey(FakeCloud.digest(bytes));
    }

    @Test
    void a_vhdx_is_recognized_by_its_first_bytes() throws Exception {
        byte[] bytes = Arrays.copyOf("vhdxfile".getBytes(StandardCharsets.US_ASCII), 4096);
        cli.run(
                "image",
                "publish",
                "--urn",
                "acme:linux:server:1.0",
                "--title",
                "t",
                "--file",
                image(bytes).toString(),
                "--key",
                pem(keys()).toString(),
                "--os-type",
                "windows");
        assertThat(
                        SignedImageStatement.parseFrom(cloud.published.getFirst().getStatement())
                                .getFormat())
                .isEqualTo("vhdx");
    }

    private void store(byte[] bytes, String digest) {
        cloud.uploads
                .computeIfAbsent(digest, key -> new java.io.ByteArrayOutputStream())
                .writeBytes(bytes);
    }

    @Test
    void a_download_goes_on_from_what_is_there_and_gets_its_name_at_the_end() throws Exception {
        byte[] bytes = content();
        store(bytes, FakeCloud.digest(bytes));
        Path file = directory.resolve("copy.raw");
        Files.write(directory.resolve("copy.raw.part"), Arrays.copyOf(bytes, 1_000_000));

        assertThat(cli.run("image", "download", "mine", file.toString()).status()).isZero();

        assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
        assertThat(directory.resolve("copy.raw.part")).doesNotExist();
    }

    @Test
    void a_download_with_another_digest_is_thrown_away() throws Exception {
        store(content(), FakeCloud.digest(new byte[] {1}));
        Path file = directory.resolve("copy.raw");

        assertThat(cli.run("image", "download", "mine", file.toString()).status()).isEqualTo(9);

        assertThat(file).doesNotExist();
        assertThat(directory.resolve("copy.raw.part")).doesNotExist();
    }

    @Test
    void a_private_key_is_never_sent_as_a_public_one() throws Exception {
        var outcome = cli.run("image", "publisher", "add-key", "acme", pem(keys()).toString());
        assertThat(outcome.status()).isEqualTo(2);
        assertThat(outcome.err()).contains("nothing was sent").doesNotContain("BEGIN");
    }

    private static KeyPair keys() throws Exception {
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    private Path pem(KeyPair keys) throws Exception {
        return Files.writeString(
                directory.resolve("key.pem"),
                "-----BEGIN PRIVATE KEY-----\n"
                        + Base64.getMimeEncoder().encodeToString(keys.getPrivate().getEncoded())
                        + "\n-----END PRIVATE KEY-----\n");
    }
}
