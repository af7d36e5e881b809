package io.tlvm.foundation.request;

import build.buf.protovalidate.Validator;
import build.buf.protovalidate.ValidatorFactory;
import build.buf.protovalidate.exceptions.ValidationException;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.DynamicMessage;

import io.quarkus.arc.All;
import io.tlvm.foundation.access.AccessTable;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

import java.util.List;

/**
 * The rules of all requests, compiled before anything is served, so that no first call pays for it
 * and a broken rule stops the start. It takes a quarter of a second of a native executable and a
 * second of a JVM. That this bean needs no setting is what lets Quarkus run it in its static
 * initialisation, which for a native executable is part of the build.
 */
@Singleton
class CompiledRules {

    private final Validator validator = ValidatorFactory.newBuilder().build();
    private final List<AccessTable> tables;

    CompiledRules(@All List<AccessTable> tables) {
        this.tables = tables;
    }

    /**
     * @throws IllegalStateException when a rule does not compile
     */
    void compile(@Observes @Initialized(ApplicationScoped.class) Object application) {
        for (AccessTable table : tables) {
            for (Descriptor request : table.requests()) {
                try {
                    validator.validate(DynamicMessage.getDefaultInstance(request));
                } catch (ValidationException brokenRule) {
                    throw new IllegalStateException(
                            "a rule of " + request.getFullName() + " in the protos is broken",
                            brokenRule);
                }
            }
        }
    }

    Validator validator() {
        return validator;
    }
}
