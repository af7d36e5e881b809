package io.tlvm.vm.refusal;

/** Carries a {@link VmRefusal} to the edge, or to the end of an operation. */
public final class VmRefused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient VmRefusal why;

    public VmRefused(VmRefusal why) {
        super(why.toString());
        this.why = why;
    }

    public VmRefusal why() {
        return why;
    }
}
