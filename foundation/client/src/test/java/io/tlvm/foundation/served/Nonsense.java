package io.tlvm.foundation.served;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;

/** A request whose every field is filled with something that nobody can mean. */
final class Nonsense {
    private static final int DEPTH_MAX = 4;
    private static final int UNKNOWN_ENUM_NUMBER = 77;

    private Nonsense() {}

    static DynamicMessage of(Descriptor type) {
        return of(type, 0);
    }

    private static DynamicMessage of(Descriptor type, int depth) {
        var message = DynamicMessage.newBuilder(type);
        for (FieldDescriptor field : type.getFields()) {
            if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && depth == DEPTH_MAX) {
                continue;
            }
            if (field.isRepeated()) {
                message.addRepeatedField(field, value(field, depth));
            } else {
                message.setField(field, value(field, depth));
            }
        }
        return message.build();
    }

    private static Object value(FieldDescriptor field, int depth) {
        return switch (field.getJavaType()) {
            case INT -> Integer.MIN_VALUE;
            case LONG -> Long.MIN_VALUE;
            case FLOAT -> Float.NaN;
            case DOUBLE -> Double.NaN;
            case BOOLEAN -> true;
            case STRING -> "../\0 Nonsense\n";
            case BYTE_STRING -> ByteString.copyFrom(new byte[] {0});
            case ENUM ->
                    field.getEnumType().findValueByNumberCreatingIfUnknown(UNKNOWN_ENUM_NUMBER);
            case MESSAGE -> of(field.getMessageType(), depth + 1);
        };
    }
}
