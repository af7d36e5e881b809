package io.tlvm.vm.machine;

import io.tlvm.ownership.id.Digest;

/** The exact content that a VM was created from. {@code urn} is empty for an image from a file. */
public record PinnedImage(String urn, Digest digest) {}
