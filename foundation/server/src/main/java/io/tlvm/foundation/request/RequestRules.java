package io.tlvm.foundation.request;

import build.buf.protovalidate.ValidationResult;
import build.buf.protovalidate.Validator;
import build.buf.protovalidate.exceptions.ValidationException;
import build.buf.validate.FieldPath;
import build.buf.validate.FieldPathElement;

import com.google.protobuf.Message;

import io.grpc.StatusRuntimeException;
import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.foundation.refusal.Refusal;
import io.tlvm.type.v1.ErrorReason;

import jakarta.inject.Singleton;

import java.util.Optional;

/** The rules that the protos state, for all requests of the services that are registered. */
@Singleton
public class RequestRules {

    private final Validator validator;
    private final ErrorDomain domain;

    RequestRules(CompiledRules rules, ErrorDomain domain) {
        this.validator = rules.validator();
        this.domain = domain;
    }

    /** The refusal with every violation, or empty when {@code request} keeps all rules. */
    public Optional<StatusRuntimeException> check(Message request) {
        var violations = new FieldViolations();
        // The rules calculate with durations and would overflow.
        Message sound = TimeFields.cleaned(request, violations);
        ValidationResult result;
        try {
            result = validator.validate(sound);
        } catch (ValidationException brokenRule) {
            throw new IllegalStateException(
                    "a rule of " + request.getDescriptorForType().getFullName(), brokenRule);
        }
        if (result.isSuccess() && violations.list().isEmpty()) {
            return Optional.empty();
        }
        for (var violation : result.toProto().getViolationsList()) {
            violations.add(
                    path(violation.getField()),
                    violation.getRuleId(),
                    violation.getRuleId().equals("string.pattern")
                            ? PatternWords.of(violation.getMessage())
                            : violation.getMessage());
        }
        return Optional.of(refusal(violations));
    }

    private StatusRuntimeException refusal(FieldViolations violations) {
        return Refusal.of(ErrorReason.ERROR_REASON_VALIDATION_FAILED, domain)
                .what("%s", violations.summary())
                .violations(violations.list())
                .asException();
    }

    private static String path(FieldPath path) {
        var text = new StringBuilder();
        for (FieldPathElement element : path.getElementsList()) {
            if (!text.isEmpty()) {
                text.append('.');
            }
            text.append(element.getFieldName());
            switch (element.getSubscriptCase()) {
                case INDEX -> text.append('[').append(element.getIndex()).append(']');
                case STRING_KEY -> text.append("[\"").append(element.getStringKey()).append("\"]");
                case BOOL_KEY -> text.append('[').append(element.getBoolKey()).append(']');
                case INT_KEY -> text.append('[').append(element.getIntKey()).append(']');
                case UINT_KEY ->
                        text.append('[')
                                .append(Long.toUnsignedString(element.getUintKey()))
                                .append(']');
                case SUBSCRIPT_NOT_SET -> {}
            }
        }
        return text.toString();
    }
}
