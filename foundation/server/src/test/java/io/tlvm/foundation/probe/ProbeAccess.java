package io.tlvm.foundation.probe;

import static io.tlvm.foundation.access.AllowedCaller.ADMINISTRATOR;
import static io.tlvm.foundation.access.AllowedCaller.NODE;
import static io.tlvm.foundation.access.AllowedCaller.USER;
import static io.tlvm.foundation.access.AllowedCaller.service;

import com.google.longrunning.OperationsGrpc;

import io.tlvm.foundation.access.AccessTable;
import io.tlvm.probe.v1.ProbeServiceGrpc;
import io.tlvm.probe.v1.ProbeStreamServiceGrpc;

import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

class ProbeAccess {

    @Produces
    @Singleton
    AccessTable table() {
        return AccessTable.builder()
                .allow(ProbeServiceGrpc.getAskMethod(), USER, NODE)
                .allow(ProbeServiceGrpc.getAskBlockingMethod(), USER)
                .allow(ProbeServiceGrpc.getAskAsServiceMethod(), service("image-catalog-service"))
                .allow(ProbeServiceGrpc.getAskAsAdministratorMethod(), ADMINISTRATOR)
                .allow(ProbeStreamServiceGrpc.getCountMethod(), USER)
                .allowAll(OperationsGrpc.getServiceDescriptor(), USER)
                .build();
    }
}
