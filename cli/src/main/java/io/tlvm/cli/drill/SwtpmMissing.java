package io.tlvm.cli.drill;

/** There is no swtpm on this machine: nothing is known about the TPM. */
public final class SwtpmMissing extends Exception {
    private static final long serialVersionUID = 1L;

    SwtpmMissing() {
        super("there is no swtpm on this machine");
    }
}
