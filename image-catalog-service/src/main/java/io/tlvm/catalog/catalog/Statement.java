package io.tlvm.catalog.catalog;

import io.tlvm.catalog.verification.Content;

/** What a publisher states, and signs, about a version. */
public record Statement(
        Urn urn, String title, GuestOs os, TrustedLaunch trustedLaunch, Content content) {}
