package io.tlvm.nativetoolchain.assembly;

import java.io.IOException;
import java.lang.classfile.ClassModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * C structs of processor features. The builder lays out its own view of them by compiling a program
 * against the header, for every architecture that it knows, so each header has exactly the fields
 * that the Java interface asks for.
 */
final class CpuFeatureHeaders {
    private static final String BUILDER = "org.graalvm.nativeimage.builder";
    private static final List<String> ARCHITECTURES = List.of("AMD64", "AArch64", "RISCV64");

    private final BuilderClasses classes;

    CpuFeatureHeaders(BuilderClasses classes) {
        this.classes = classes;
    }

    void writeTo(Path directory) throws IOException {
        for (String architecture : ARCHITECTURES) {
            String name = architecture.toLowerCase(Locale.ROOT);
            ClassModel features =
                    classes.get(
                            BUILDER,
                            "com/oracle/svm/core/%s/%sLibCHelper$CPUFeatures"
                                    .formatted(name, architecture));
            Files.writeString(directory.resolve(name + "cpufeatures.h"), header(features));
        }
    }

    /** Each boolean accessor without arguments is a field of one byte. */
    private static String header(ClassModel features) {
        String fields =
                features.methods().stream()
                        .filter(method -> method.methodType().equalsString("()Z"))
                        .map(method -> "    char " + method.methodName() + ";\n")
                        .collect(Collectors.joining());
        return "/* Generated from %s. */\n#pragma once\ntypedef struct {\n%s} CPUFeatures;\n"
                .formatted(features.thisClass().asInternalName(), fields);
    }
}
