package io.tlvm.nativetoolchain;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.FormatStyle;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.TimeZone;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * Uses those parts of the JDK that have native code behind them, one line of output each. A native
 * executable of it must print what a JVM prints. Arguments: an empty directory, a PKCS #12 file
 * with password "changeit" whose certificate is for localhost.
 */
public final class Probe {
    private static final int VIRTUAL_THREADS = 5_000;
    private static final byte[] TEXT = "trusted launch".getBytes(StandardCharsets.UTF_8);

    private final Path directory;
    private final Path keys;

    private Probe(Path directory, Path keys) {
        this.directory = directory;
        this.keys = keys;
    }

    /** Ends with the number of checks that failed. */
    public static void main(String[] arguments) {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(() -> System.out.println("shutdown hook: ran")));
        System.exit(new Probe(Path.of(arguments[0]), Path.of(arguments[1])).run());
    }

    private int failures;

    private int run() {
        check(
                "digest",
                () -> HexFormat.of().formatHex(MessageDigest.getInstance("SHA-384").digest(TEXT)));
        check("hmac", this::hmac);
        check("aes-gcm", this::aesGcm);
        check("ecdsa", () -> signature("EC", "secp256r1", "SHA256withECDSA"));
        check("ed25519", () -> signature("Ed25519", null, "Ed25519"));
        check("x25519", this::agreement);
        check("random", () -> new SecureRandom().generateSeed(16).length);
        check("tls with both sides' certificates", this::tls);
        check("files", this::files);
        check("mapped file and lock", this::mappedFile);
        check("watch service", this::watchService);
        check("zip and gzip", this::zip);
        check("unix sockets", this::unixSocket);
        check("tcp with a selector", this::selector);
        check("udp", this::udp);
        check("addresses", this::addresses);
        check("process", this::process);
        check("process that cannot be started", this::missingProgram);
        check("virtual threads", this::virtualThreads);
        check("time zone", this::timeZone);
        check("locale", this::locale);
        check("charsets", this::charsets);
        check("management", this::management);
        check("processors", () -> Runtime.getRuntime().availableProcessors());
        check("clock", () -> Instant.now().isAfter(Instant.parse("2025-01-01T00:00:00Z")));
        return failures;
    }

    private void check(String name, Callable<?> action) {
        try {
            System.out.println(name + ": " + action.call());
        } catch (Throwable failure) {
            failures++;
            System.out.println(name + ": " + failure);
            failure.printStackTrace();
        }
    }

    // ---- cryptography ----

    private String hmac() throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(new byte[32], "HmacSHA256"));
        return HexFormat.of().formatHex(mac.doFinal(TEXT));
    }

    private String aesGcm() throws Exception {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(
                Cipher.ENCRYPT_MODE,
                new SecretKeySpec(new byte[32], "AES"),
                new GCMParameterSpec(128, new byte[12]));
        return HexFormat.of().formatHex(cipher.doFinal(TEXT));
    }

    private static KeyPair keyPair(String algorithm, String curve) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        if (curve != null) {
            generator.initialize(new ECGenParameterSpec(curve));
        }
        return generator.generateKeyPair();
    }

    private String signature(String keys, String curve, String algorithm) throws Exception {
        KeyPair pair = keyPair(keys, curve);
        Signature signer = Signature.getInstance(algorithm);
        signer.initSign(pair.getPrivate());
        signer.update(TEXT);
        byte[] signature = signer.sign();
        signer.initVerify(pair.getPublic());
        signer.update(TEXT);
        boolean good = signer.verify(signature);
        signer.update("another".getBytes(StandardCharsets.UTF_8));
        return good + " " + signer.verify(signature);
    }

    private String agreement() throws Exception {
        KeyPair one = keyPair("X25519", null);
        KeyPair other = keyPair("X25519", null);
        return "" + Arrays.equals(secret(one, other), secret(other, one));
    }

    private static byte[] secret(KeyPair mine, KeyPair theirs) throws Exception {
        KeyAgreement agreement = KeyAgreement.getInstance("X25519");
        agreement.init(mine.getPrivate());
        agreement.doPhase(theirs.getPublic(), true);
        return agreement.generateSecret();
    }

    private String tls() throws Exception {
        char[] password = "changeit".toCharArray();
        KeyStore store = KeyStore.getInstance(keys.toFile(), password);
        KeyManagerFactory own = KeyManagerFactory.getInstance("PKIX");
        own.init(store, password);
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("peer", store.getCertificate(store.aliases().nextElement()));
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(own.getKeyManagers(), trust.getTrustManagers(), null);

        InetAddress loopback = InetAddress.getLoopbackAddress();
        try (SSLServerSocket server =
                        (SSLServerSocket)
                                context.getServerSocketFactory()
                                        .createServerSocket(0, 1, loopback);
                var tasks = Executors.newVirtualThreadPerTaskExecutor()) {
            server.setNeedClientAuth(true);
            Future<String> served =
                    tasks.submit(
                            () -> {
                                try (SSLSocket socket = (SSLSocket) server.accept()) {
                                    byte[] read = socket.getInputStream().readNBytes(TEXT.length);
                                    socket.getOutputStream().write(read);
                                    return socket.getSession().getPeerPrincipal().getName();
                                }
                            });
            try (SSLSocket client =
                    (SSLSocket)
                            context.getSocketFactory()
                                    .createSocket(loopback, server.getLocalPort())) {
                var parameters = client.getSSLParameters();
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
                client.setSSLParameters(parameters);
                client.getOutputStream().write(TEXT);
                String answer =
                        new String(
                                client.getInputStream().readNBytes(TEXT.length),
                                StandardCharsets.UTF_8);
                return answer + ", " + client.getSession().getCipherSuite() + ", " + served.get();
            }
        }
    }

    // ---- files ----

    private String files() throws IOException {
        Path file =
                Files.createFile(
                        directory.resolve("file"),
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-r-----")));
        Files.write(file, TEXT);
        Files.createSymbolicLink(directory.resolve("link"), file);
        Files.move(file, directory.resolve("moved"));
        Files.createDirectories(directory.resolve("a/b/c"));
        try (Stream<Path> walk = Files.walk(directory)) {
            return walk.map(
                                    path ->
                                            directory.relativize(path)
                                                    + (Files.isSymbolicLink(path) ? "@" : ""))
                            .sorted()
                            .toList()
                    + " "
                    + PosixFilePermissions.toString(
                            Files.getPosixFilePermissions(directory.resolve("moved")))
                    + " "
                    + Files.size(directory.resolve("moved"))
                    + " "
                    + (Files.getFileStore(directory).getTotalSpace() > 0);
        }
    }

    private String mappedFile() throws IOException {
        try (FileChannel channel =
                FileChannel.open(
                        directory.resolve("mapped"),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE)) {
            try (var lock = channel.lock()) {
                MappedByteBuffer mapped = channel.map(FileChannel.MapMode.READ_WRITE, 0, 4096);
                mapped.put(TEXT);
                mapped.force();
                channel.force(true);
                return lock.isValid()
                        + " "
                        + channel.size()
                        + " "
                        + channel.read(ByteBuffer.allocate(TEXT.length), 0);
            }
        }
    }

    private String watchService() throws Exception {
        Path watched = Files.createDirectory(directory.resolve("watched"));
        try (var service = watched.getFileSystem().newWatchService()) {
            watched.register(service, StandardWatchEventKinds.ENTRY_CREATE);
            Files.createFile(watched.resolve("new"));
            var key = service.poll(20, TimeUnit.SECONDS);
            return key == null ? "nothing" : key.pollEvents().getFirst().context().toString();
        }
    }

    private String zip() throws IOException {
        Path archive = directory.resolve("archive.zip");
        byte[] content = new byte[100_000];
        Arrays.fill(content, (byte) 7);
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(archive))) {
            out.putNextEntry(new ZipEntry("entry"));
            out.write(content);
        }
        Path packed = directory.resolve("packed.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
            out.write(content);
        }
        try (ZipFile file = new ZipFile(archive.toFile());
                InputStream entry = file.getInputStream(file.getEntry("entry"));
                InputStream gzip = new GZIPInputStream(Files.newInputStream(packed))) {
            return Arrays.equals(entry.readAllBytes(), content)
                    + " "
                    + Arrays.equals(gzip.readAllBytes(), content)
                    + " "
                    + file.getEntry("entry").getCrc();
        }
    }

    // ---- network ----

    private String unixSocket() throws Exception {
        var address = UnixDomainSocketAddress.of(directory.resolve("socket"));
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
                SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(address);
            client.connect(address);
            try (SocketChannel accepted = server.accept()) {
                client.write(ByteBuffer.wrap(TEXT));
                client.shutdownOutput();
                ByteBuffer read = ByteBuffer.allocate(64);
                while (accepted.read(read) >= 0) {
                    // until the end of the stream
                }
                return new String(read.array(), 0, read.position(), StandardCharsets.UTF_8);
            }
        }
    }

    private String selector() throws IOException {
        try (Selector selector = Selector.open();
                ServerSocketChannel server = ServerSocketChannel.open();
                SocketChannel client = SocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            server.configureBlocking(false);
            server.register(selector, SelectionKey.OP_ACCEPT);
            client.connect(server.getLocalAddress());
            int ready = selector.select(20_000);
            try (SocketChannel accepted = server.accept()) {
                return ready + " " + (accepted != null);
            }
        }
    }

    private String udp() throws IOException {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        try (DatagramSocket one = new DatagramSocket(0, loopback);
                DatagramSocket other = new DatagramSocket(0, loopback)) {
            one.send(new DatagramPacket(TEXT, TEXT.length, other.getLocalSocketAddress()));
            other.setSoTimeout(20_000);
            DatagramPacket received = new DatagramPacket(new byte[64], 64);
            other.receive(received);
            return new String(received.getData(), 0, received.getLength(), StandardCharsets.UTF_8);
        }
    }

    private String addresses() throws IOException {
        List<String> interfaces =
                NetworkInterface.networkInterfaces()
                        .map(NetworkInterface::getName)
                        .sorted()
                        .toList();
        return InetAddress.getByName("localhost").isLoopbackAddress()
                + " "
                + interfaces
                + " "
                + InetAddress.getLocalHost().getHostName();
    }

    // ---- processes, threads ----

    private String process() throws Exception {
        ProcessBuilder builder =
                new ProcessBuilder("sh", "-c", "cat; echo $NAME; exit 7")
                        .directory(directory.toFile());
        builder.environment().put("NAME", "value");
        Process process = builder.start();
        try (OutputStream in = process.getOutputStream()) {
            in.write(TEXT);
        }
        String output =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        int status = process.waitFor();
        Process endless = new ProcessBuilder("sleep", "1000").start();
        boolean alive = endless.toHandle().isAlive();
        endless.destroy();
        return output + ", " + status + ", " + alive + ", " + endless.waitFor();
    }

    private String missingProgram() {
        try {
            return "started " + new ProcessBuilder("/no/such/program").start();
        } catch (IOException expected) {
            return expected.getMessage();
        }
    }

    private String virtualThreads() throws Exception {
        // Each waits for all others: as many block at once.
        var arrived = new CountDownLatch(VIRTUAL_THREADS);
        try (var tasks = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Integer>> futures =
                    IntStream.range(0, VIRTUAL_THREADS)
                            .mapToObj(
                                    i ->
                                            tasks.submit(
                                                    () -> {
                                                        arrived.countDown();
                                                        arrived.await();
                                                        return i;
                                                    }))
                            .toList();
            long sum = 0;
            for (Future<Integer> future : futures) {
                sum += future.get();
            }
            return "" + sum;
        }
    }

    // ---- surroundings ----

    private String timeZone() {
        ZonedDateTime summer = Instant.parse("2026-07-01T12:00:00Z").atZone(ZoneId.systemDefault());
        return TimeZone.getDefault().getID()
                + " "
                + summer
                + " "
                + Instant.EPOCH.atZone(ZoneId.of("Asia/Tokyo"));
    }

    private String locale() {
        Locale display = Locale.getDefault(Locale.Category.DISPLAY);
        Locale format = Locale.getDefault(Locale.Category.FORMAT);
        return display.toLanguageTag()
                + " "
                + format.toLanguageTag()
                + " "
                + DateTimeFormatter.ofLocalizedDate(FormatStyle.LONG)
                        .withLocale(Locale.US)
                        .format(ZonedDateTime.parse("2026-11-24T12:00:00Z"))
                + " "
                + String.format(Locale.US, "%,.2f", 1234567.891);
    }

    private String charsets() {
        return Charset.defaultCharset()
                + " "
                + HexFormat.of().formatHex("Höhe".getBytes(StandardCharsets.ISO_8859_1));
    }

    private String management() {
        return ManagementFactory.getOperatingSystemMXBean().getName()
                + " "
                + (ManagementFactory.getRuntimeMXBean().getPid() == ProcessHandle.current().pid())
                + " "
                + (ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() > 0)
                + " "
                + (ManagementFactory.getThreadMXBean().getCurrentThreadUserTime() >= 0);
    }
}
