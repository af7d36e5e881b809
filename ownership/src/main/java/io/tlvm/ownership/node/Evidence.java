package io.tlvm.ownership.node;

/** Why it is certain that nothing of a node runs any more. */
public sealed interface Evidence {

    /**
     * A human says that the node is powered off, or cut from power and storage for good. Nothing
     * can check it: if it is wrong, a VM may run twice.
     *
     * @param actor who said so, as the caller's certificate names it
     * @param reason how they know
     */
    record OperatorsWord(String actor, String reason) implements Evidence {
        public OperatorsWord {
            if (reason.isBlank()) {
                throw new IllegalArgumentException("a word without a reason");
            }
        }
    }
}
