package io.tlvm.agent.hypervisor.qemu;

import com.fasterxml.jackson.databind.JsonNode;

import java.time.Instant;

/**
 * Something QEMU reported by itself.
 *
 * @param name like {@code STOP}, {@code RESUME}, {@code MIGRATION}, {@code SHUTDOWN}, {@code RESET}
 * @param data empty object when the event has none
 * @param at the host's clock when QEMU made it
 */
public record QmpEvent(String name, JsonNode data, Instant at) {}
