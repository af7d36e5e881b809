package io.tlvm.foundation.request;

import io.tlvm.foundation.refusal.ErrorDomain;

import java.util.Optional;
import java.util.UUID;

/**
 * The client's name for one mutation, a random UUID (AIP-155). The same id with the same body is
 * done once.
 */
public record RequestId(UUID value) {

    /**
     * @throws IllegalArgumentException unless {@code value} is a version 4 UUID
     */
    public RequestId {
        if (value.version() != 4) {
            throw new IllegalArgumentException(
                    value + " is a UUID of version " + value.version() + ", not 4");
        }
    }

    /**
     * Reads the field {@code request_id}; empty means that the client gave none.
     *
     * @throws io.grpc.StatusRuntimeException VALIDATION_FAILED for anything else than a canonical
     *     version 4 UUID
     */
    public static Optional<RequestId> parse(String text, ErrorDomain domain) {
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            RequestId id = new RequestId(UUID.fromString(text));
            // fromString also reads shortened groups.
            if (id.value().toString().equalsIgnoreCase(text)) {
                return Optional.of(id);
            }
        } catch (IllegalArgumentException notAnId) {
            // Refused below, together with the shortened ones.
        }
        new FieldViolations()
                .add(
                        "request_id",
                        "string.uuid4",
                        "must be a version 4 UUID, such as 7e2a5a9e-6d5b-4c0e-9b7e-0d5ef2b1c3a4")
                .throwIfAny(domain);
        throw new IllegalStateException("unreachable: the violation above is thrown");
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
