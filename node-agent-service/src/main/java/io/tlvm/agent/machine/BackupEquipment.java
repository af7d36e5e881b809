package io.tlvm.agent.machine;

import io.tlvm.foundation.backup.BackupWriter;
import io.tlvm.foundation.identity.TrustDomain;

import java.time.Clock;

/**
 * What backups are made with.
 *
 * @param writer signs with this agent's certificate
 * @param trustDomain of the cluster
 * @param clock for when a backup was made
 */
public record BackupEquipment(BackupWriter writer, TrustDomain trustDomain, Clock clock) {}
