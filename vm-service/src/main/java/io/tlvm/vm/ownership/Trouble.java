package io.tlvm.vm.ownership;

import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.row.Step;

import java.time.Instant;

/** The step that does not get done at present: since when, and what the node said last. */
public record Trouble(RowVersion version, Step step, StepFailure failure, Instant since) {}
