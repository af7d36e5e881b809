package io.tlvm.agent.tpm;

import java.io.IOException;

/** No TPM was made, or one that must not be used. What is in the directory is to be thrown away. */
public final class ManufactureFailed extends IOException {
    private static final long serialVersionUID = 1L;

    ManufactureFailed(String why) {
        super("the vTPM was not manufactured: " + why);
    }
}
