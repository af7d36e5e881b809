package io.tlvm.foundation.request;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;

import org.jspecify.annotations.Nullable;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Tells whether two requests ask for the same. */
public final class RequestFingerprint {

    private RequestFingerprint() {}

    /**
     * SHA-256 in 64 hexadecimal digits over the type and all fields but those named. Equal requests
     * of one program version have equal fingerprints; another version may differ in unknown fields.
     */
    public static String of(Message request, String... withoutFields) {
        Message.Builder rest = request.toBuilder();
        for (String name : withoutFields) {
            @Nullable FieldDescriptor field = request.getDescriptorForType().findFieldByName(name);
            if (field == null) {
                throw new IllegalArgumentException(
                        request.getDescriptorForType().getFullName() + " has no field " + name);
            }
            rest.clearField(field);
        }
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            var bytes = new ByteArrayOutputStream();
            var out = CodedOutputStream.newInstance(bytes);
            // Map fields have no order of their own.
            out.useDeterministicSerialization();
            out.writeStringNoTag(request.getDescriptorForType().getFullName());
            rest.buildPartial().writeTo(out);
            out.flush();
            return HexFormat.of().formatHex(digest.digest(bytes.toByteArray()));
        } catch (IOException memoryDoesNotFail) {
            throw new UncheckedIOException(memoryDoesNotFail);
        } catch (NoSuchAlgorithmException everyJdkHasIt) {
            throw new IllegalStateException(everyJdkHasIt);
        }
    }
}
