package io.tlvm.catalog.api;

import static io.tlvm.foundation.access.AllowedCaller.ADMINISTRATOR;
import static io.tlvm.foundation.access.AllowedCaller.NODE;
import static io.tlvm.foundation.access.AllowedCaller.USER;

import com.google.longrunning.OperationsGrpc;

import io.tlvm.catalog.v1.ImageBlobServiceGrpc;
import io.tlvm.catalog.v1.ImageCatalogServiceGrpc;
import io.tlvm.catalog.v1.ImageStoreServiceGrpc;
import io.tlvm.foundation.access.AccessTable;
import io.tlvm.foundation.access.AllowedCaller;

import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/**
 * Who may call what. Content for a marketplace row is for administrators as well; that depends on
 * the message, see Intake.
 */
class CatalogAccess {
    private static final AllowedCaller VM_SERVICE = AllowedCaller.service("vm-service");

    @Produces
    @Singleton
    AccessTable table() {
        return AccessTable.builder()
                .allow(ImageCatalogServiceGrpc.getListPublishersMethod(), USER)
                .allow(ImageCatalogServiceGrpc.getCreatePublisherMethod(), ADMINISTRATOR)
                .allow(ImageCatalogServiceGrpc.getAddPublisherKeyMethod(), ADMINISTRATOR)
                .allow(ImageCatalogServiceGrpc.getListImageVersionsMethod(), USER, VM_SERVICE)
                .allow(ImageCatalogServiceGrpc.getGetImageVersionMethod(), USER, VM_SERVICE)
                .allow(ImageCatalogServiceGrpc.getCreateImageVersionMethod(), ADMINISTRATOR)
                .allow(ImageCatalogServiceGrpc.getResolveImageMethod(), USER, VM_SERVICE)
                .allow(ImageStoreServiceGrpc.getCreateImageMethod(), USER)
                .allow(ImageStoreServiceGrpc.getGetImageMethod(), USER, VM_SERVICE)
                .allow(ImageStoreServiceGrpc.getListImagesMethod(), USER, VM_SERVICE)
                .allow(ImageStoreServiceGrpc.getDeleteImageMethod(), USER)
                .allow(ImageBlobServiceGrpc.getUploadContentMethod(), USER)
                .allow(ImageBlobServiceGrpc.getGetUploadMethod(), USER)
                .allow(ImageBlobServiceGrpc.getReadContentMethod(), NODE, ADMINISTRATOR)
                .allowAll(OperationsGrpc.getServiceDescriptor(), USER)
                .build();
    }
}
