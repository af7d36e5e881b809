package io.tlvm.catalog.catalog;

/** Family of the guest operating system. */
public enum GuestOs {
    WINDOWS,
    LINUX,
    /** Nobody said; only for uploaded files. */
    UNKNOWN
}
