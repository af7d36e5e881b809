package io.tlvm.foundation.access;

import io.tlvm.foundation.identity.SpiffeId;

import java.util.Set;

/** Who may make a call: one cell of an {@link AccessTable}. */
public sealed interface AllowedCaller {

    /** Every user. */
    record AnyUser() implements AllowedCaller {}

    /** The users that the setting {@code tlvm.administrators} names. */
    record Administrator() implements AllowedCaller {}

    /**
     * The agent of every node. Whether it may touch the machine it names is the domain's question.
     */
    record AnyNode() implements AllowedCaller {}

    /** One service, for example {@code vm-service}. */
    record NamedService(String name) implements AllowedCaller {}

    /** Every authenticated peer. */
    record Anyone() implements AllowedCaller {}

    /** Shorthand for a table's row. */
    AllowedCaller USER = new AnyUser();

    /** Shorthand for a table's row. */
    AllowedCaller ADMINISTRATOR = new Administrator();

    /** Shorthand for a table's row. */
    AllowedCaller NODE = new AnyNode();

    /** Shorthand for a table's row. */
    AllowedCaller ANYONE = new Anyone();

    /** Shorthand for a table's row. */
    static AllowedCaller service(String name) {
        return new NamedService(name);
    }

    /** Whether {@code caller} is meant. */
    default boolean includes(SpiffeId caller, Set<String> administrators) {
        return switch (this) {
            case Anyone() -> true;
            case AnyUser() -> caller instanceof SpiffeId.User;
            case Administrator() ->
                    caller instanceof SpiffeId.User(_, var name) && administrators.contains(name);
            case AnyNode() -> caller instanceof SpiffeId.Node;
            case NamedService(var wanted) ->
                    caller instanceof SpiffeId.Service(_, var name) && name.equals(wanted);
        };
    }
}
