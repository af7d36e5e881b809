package io.tlvm.foundation.access;

import com.google.protobuf.Descriptors.Descriptor;

import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Who may call what: one row for each RPC of a service. A service contributes one or more tables as
 * beans. A call without a row is refused, and {@code AccessCheck} does not let a service start with
 * a missing or superfluous row.
 *
 * @param rows full method name, such as {@code tlvm.compute.v1.NodeService/GetNode}, to the callers
 *     it admits
 * @param requests what is sent to these RPCs
 */
public record AccessTable(Map<String, Set<AllowedCaller>> rows, Set<Descriptor> requests) {

    public AccessTable {
        rows.forEach(
                (method, allowed) -> {
                    if (allowed.isEmpty()) {
                        throw new IllegalArgumentException(
                                "nobody may call " + method + "; leave the RPC out instead");
                    }
                });
        rows = Map.copyOf(rows);
        requests = Set.copyOf(requests);
    }

    /** An empty table to add rows to. */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects rows; a method may appear once. */
    public static final class Builder {
        private final Map<String, Set<AllowedCaller>> rows = new LinkedHashMap<>();
        private final Set<Descriptor> requests = new LinkedHashSet<>();

        private Builder() {}

        /**
         * A row, written with the generated {@code XGrpc.getYMethod()} so that a removed RPC does
         * not compile.
         */
        public Builder allow(MethodDescriptor<?, ?> method, AllowedCaller... allowed) {
            return row(method, allowed);
        }

        /**
         * The same row for all methods of a service, written with {@code
         * XGrpc.getServiceDescriptor()}.
         */
        public Builder allowAll(ServiceDescriptor service, AllowedCaller... allowed) {
            service.getMethods().forEach(method -> row(method, allowed));
            return this;
        }

        private Builder row(MethodDescriptor<?, ?> method, AllowedCaller... allowed) {
            if (rows.put(method.getFullMethodName(), Set.of(allowed)) != null) {
                throw new IllegalArgumentException(method.getFullMethodName() + " has two rows");
            }
            if (method.getSchemaDescriptor() instanceof ProtoMethodDescriptorSupplier proto) {
                requests.add(proto.getMethodDescriptor().getInputType());
            }
            return this;
        }

        /** The finished table. */
        public AccessTable build() {
            return new AccessTable(rows, requests);
        }
    }
}
