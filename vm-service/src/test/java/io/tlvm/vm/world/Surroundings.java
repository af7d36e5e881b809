package io.tlvm.vm.world;

import java.nio.file.Path;

import javax.sql.DataSource;

/**
 * What a test reaches besides the service itself.
 *
 * @param pki as make-pki laid it out
 * @param port where the service speaks gRPC
 * @param database the service's own, seen from outside
 */
public record Surroundings(Path pki, int port, DataSource database) {}
