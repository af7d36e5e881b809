package io.tlvm.nativetoolchain.assembly;

import java.io.IOException;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The {@code --add-exports} options of the JVM that the builder runs in. Its modules use packages
 * that the JDK, or another of them, exports to nobody: which ones, their constant pools tell, where
 * a class is named either by reference or, for reflection and substitutions, in a text.
 */
final class ModuleExports {
    private final BuilderClasses classes;
    private final Map<String, ModuleDescriptor> ownerOfPackage = new HashMap<>();

    ModuleExports(BuilderClasses classes) {
        this.classes = classes;
        Stream<ModuleDescriptor> jdk =
                ModuleFinder.ofSystem().findAll().stream().map(ModuleReference::descriptor);
        // The builder's modules last: the compiler replaces the JDK's module of the same name.
        Stream.concat(jdk, classes.modules().stream())
                .forEach(
                        module ->
                                module.packages()
                                        .forEach(name -> ownerOfPackage.put(name, module)));
    }

    /** One option per package, with all modules that need it. */
    List<String> lines() throws IOException {
        SortedMap<String, SortedSet<String>> readers = new TreeMap<>();
        for (ModuleDescriptor reader : classes.modules()) {
            for (String name : packagesNamedIn(reader)) {
                ModuleDescriptor owner = ownerOfPackage.get(name);
                if (owner != null
                        && !owner.name().equals(reader.name())
                        && !exports(owner, name, reader)) {
                    readers.computeIfAbsent(owner.name() + "/" + name, key -> new TreeSet<>())
                            .add(reader.name());
                }
            }
        }
        List<String> lines = new ArrayList<>();
        readers.forEach(
                (key, modules) ->
                        lines.add("--add-exports=" + key + "=" + String.join(",", modules)));
        return lines;
    }

    private SortedSet<String> packagesNamedIn(ModuleDescriptor module) throws IOException {
        SortedSet<String> names = new TreeSet<>();
        classes.forEach(module.name(), model -> addPackages(model, names));
        return names;
    }

    private static void addPackages(ClassModel model, SortedSet<String> names) {
        for (PoolEntry entry : model.constantPool()) {
            String text =
                    switch (entry) {
                        case ClassEntry type -> type.asInternalName();
                        case Utf8Entry utf8 -> utf8.stringValue();
                        default -> "";
                    };
            String dotted = text.replace('/', '.');
            // An array's component type, or a descriptor: Lpackage/Name;
            int start = dotted.lastIndexOf('[') + 1;
            int end = dotted.lastIndexOf('.');
            if (end > start) {
                names.add(dotted.substring(start, end));
                names.add(dotted.substring(start + 1, end));
            }
        }
    }

    private static boolean exports(ModuleDescriptor owner, String name, ModuleDescriptor reader) {
        return owner.isOpen()
                || owner.exports().stream()
                        .filter(export -> export.source().equals(name))
                        .anyMatch(
                                export ->
                                        !export.isQualified()
                                                || export.targets().contains(reader.name()));
    }
}
