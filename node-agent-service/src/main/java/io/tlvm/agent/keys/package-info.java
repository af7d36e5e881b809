/**
 * The keys of guest state and who may open them: one state key per state directory, everything else
 * derived from it or sealed to someone. The cryptography is Tink's (HPKE, AES-GCM) and the JDK's
 * (HKDF, HMAC).
 */
@NullMarked
package io.tlvm.agent.keys;

import org.jspecify.annotations.NullMarked;
