package io.tlvm.cli.connect;

import com.google.longrunning.OperationsGrpc;

import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.tlvm.catalog.v1.ImageBlobServiceGrpc;
import io.tlvm.catalog.v1.ImageCatalogServiceGrpc;
import io.tlvm.catalog.v1.ImageStoreServiceGrpc;
import io.tlvm.cli.config.Settings;
import io.tlvm.cli.input.ResourceNames;
import io.tlvm.cli.problem.Problem;
import io.tlvm.cli.problem.ProblemException;
import io.tlvm.compute.v1.AuditServiceGrpc;
import io.tlvm.compute.v1.GuestStateServiceGrpc;
import io.tlvm.compute.v1.NodeServiceGrpc;
import io.tlvm.compute.v1.StoragePathServiceGrpc;
import io.tlvm.compute.v1.VirtualMachineServiceGrpc;
import io.tlvm.compute.v1.WatchServiceGrpc;
import io.tlvm.foundation.tls.ChannelFactory;
import io.tlvm.foundation.tls.PkiDirectory;
import io.tlvm.foundation.tls.PkiUnusableException;

import java.util.List;

/** Stubs of the services. Connections come about with the first call of each. */
public final class Services implements AutoCloseable {

    private static final String CATALOG = "image-catalog-service";
    private static final String COMPUTE = "vm-service";

    private final PkiDirectory pki;
    private final ChannelFactory channels;
    private final Channel catalog;
    private final Channel compute;

    private Services(PkiDirectory pki, ChannelFactory channels, Channel catalog, Channel compute) {
        this.pki = pki;
        this.channels = channels;
        this.catalog = catalog;
        this.compute = compute;
    }

    /**
     * Loads the user's identity.
     *
     * @param log writes a line per call for {@code --debug}
     * @throws ProblemException when the identity or a setting cannot be used
     */
    public static Services open(Settings settings, CallLog log) {
        PkiDirectory pki;
        try {
            pki = PkiDirectory.open(settings.pki());
        } catch (PkiUnusableException unusable) {
            throw new ProblemException(
                    Problem.identity(
                            String.valueOf(unusable.getMessage()),
                            "set TLVM_PKI or --pki to a directory with a valid tls.crt, tls.key and"
                                    + " ca.crt"),
                    unusable);
        }
        var channels = new ChannelFactory(pki);
        var domain = settings.trustDomain();
        return new Services(
                pki,
                channels,
                ClientInterceptors.intercept(
                        channels.channel(settings.catalog(), domain.service(CATALOG)), log),
                ClientInterceptors.intercept(
                        channels.channel(settings.compute(), domain.service(COMPUTE)), log));
    }

    /** The marketplace. */
    public ImageCatalogServiceGrpc.ImageCatalogServiceBlockingStub marketplace() {
        return ImageCatalogServiceGrpc.newBlockingStub(catalog);
    }

    /** Gallery images. */
    public ImageStoreServiceGrpc.ImageStoreServiceBlockingStub images() {
        return ImageStoreServiceGrpc.newBlockingStub(catalog);
    }

    /** Content, for calls that block. */
    public ImageBlobServiceGrpc.ImageBlobServiceBlockingStub content() {
        return ImageBlobServiceGrpc.newBlockingStub(catalog);
    }

    /** Content, for uploads. */
    public ImageBlobServiceGrpc.ImageBlobServiceStub contentStreams() {
        return ImageBlobServiceGrpc.newStub(catalog);
    }

    /** VMs. */
    public VirtualMachineServiceGrpc.VirtualMachineServiceBlockingStub vms() {
        return VirtualMachineServiceGrpc.newBlockingStub(compute);
    }

    /** Backups of guest state. */
    public GuestStateServiceGrpc.GuestStateServiceBlockingStub guestState() {
        return GuestStateServiceGrpc.newBlockingStub(compute);
    }

    /** Changes of VMs. */
    public WatchServiceGrpc.WatchServiceBlockingStub watch() {
        return WatchServiceGrpc.newBlockingStub(compute);
    }

    /** Nodes. */
    public NodeServiceGrpc.NodeServiceBlockingStub nodes() {
        return NodeServiceGrpc.newBlockingStub(compute);
    }

    /** The audit chain. */
    public AuditServiceGrpc.AuditServiceBlockingStub audit() {
        return AuditServiceGrpc.newBlockingStub(compute);
    }

    /** Storage paths. */
    public StoragePathServiceGrpc.StoragePathServiceBlockingStub storagePaths() {
        return StoragePathServiceGrpc.newBlockingStub(compute);
    }

    /**
     * The service that has an operation. Both serve google.longrunning.Operations under the same
     * gRPC name, so only the operation's own name tells them apart.
     */
    public OperationsGrpc.OperationsBlockingStub operationsOf(String operation) {
        String id = ResourceNames.shortName(operation);
        if (id.startsWith("catalog-")) {
            return OperationsGrpc.newBlockingStub(catalog);
        }
        if (id.startsWith("compute-")) {
            return OperationsGrpc.newBlockingStub(compute);
        }
        throw new ProblemException(
                Problem.usage(
                        "'"
                                + operation
                                + "' is not the name of an operation: it begins neither with"
                                + " catalog- nor with compute-",
                        "run: tlvm op list"));
    }

    /** Every service that has operations. */
    public List<OperationsGrpc.OperationsBlockingStub> operations() {
        return List.of(
                OperationsGrpc.newBlockingStub(compute), OperationsGrpc.newBlockingStub(catalog));
    }

    @Override
    public void close() {
        channels.close();
        pki.close();
    }
}
