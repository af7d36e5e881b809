package io.tlvm.foundation.refusal;

/** Which part of the product refused: the value of google.rpc.ErrorInfo.domain. */
public enum ErrorDomain {
    /** image-catalog-service. */
    CATALOG("catalog.tlvm.io"),
    /** vm-service. */
    COMPUTE("compute.tlvm.io"),
    /** node agents. */
    NODE("node.tlvm.io");

    private final String text;

    ErrorDomain(String text) {
        this.text = text;
    }

    /** As it is sent, for example {@code compute.tlvm.io}. */
    public String text() {
        return text;
    }
}
