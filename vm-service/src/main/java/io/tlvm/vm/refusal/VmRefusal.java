package io.tlvm.vm.refusal;

/**
 * Why a request is not served or an operation failed. Every value that a sentence needs is a
 * component.
 */
public sealed interface VmRefusal
        permits MachineRefusal,
                ImageRefusal,
                PlacementRefusal,
                MigrationRefusal,
                ClusterRefusal,
                OwnershipRefusal {}
