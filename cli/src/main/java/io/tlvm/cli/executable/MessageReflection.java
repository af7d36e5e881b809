package io.tlvm.cli.executable;

import com.google.protobuf.GeneratedMessage;
import com.google.protobuf.ProtocolMessageEnum;

import org.graalvm.nativeimage.hosted.Feature;
import org.graalvm.nativeimage.hosted.RuntimeReflection;

/**
 * Protobuf reads and writes the fields of a message by the names of its accessors, which
 * native-image cannot see: the accessors of every message that the program can reach are kept.
 */
public final class MessageReflection implements Feature {

    @Override
    public String getDescription() {
        return "Accessors of protobuf messages";
    }

    @Override
    public void beforeAnalysis(BeforeAnalysisAccess access) {
        access.registerSubtypeReachabilityHandler(
                (during, type) -> keep(type), GeneratedMessage.class);
        access.registerSubtypeReachabilityHandler(
                (during, type) -> keep(type), GeneratedMessage.Builder.class);
        access.registerSubtypeReachabilityHandler(
                (during, type) -> keep(type), ProtocolMessageEnum.class);
    }

    private static void keep(Class<?> type) {
        RuntimeReflection.register(type);
        RuntimeReflection.register(type.getDeclaredMethods());
    }
}
