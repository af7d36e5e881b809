package io.tlvm.foundation.interceptor;

/** The order of the interceptors, outermost first. Quarkus runs the bigger priority first. */
final class Order {
    static final int REFUSAL = 2_000;
    static final int DEADLINE = 1_500;
    static final int IDENTITY = 1_000;
    static final int ACCESS = 800;
    static final int VALIDATION = 10;

    private Order() {}
}
