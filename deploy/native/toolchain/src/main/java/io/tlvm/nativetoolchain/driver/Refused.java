package io.tlvm.nativetoolchain.driver;

/** The command line asks for something that cannot be done; the message is for the user. */
final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Refused(String message) {
        super(message);
    }
}
