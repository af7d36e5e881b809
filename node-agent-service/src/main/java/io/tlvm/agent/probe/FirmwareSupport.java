package io.tlvm.agent.probe;

import io.tlvm.agent.firmware.FirmwareImage;

/** Whether a kind of firmware is installed. */
public sealed interface FirmwareSupport {
    record Installed(FirmwareImage image) implements FirmwareSupport {}

    record Missing(String why) implements FirmwareSupport {}
}
