package io.tlvm.nativetoolchain.assembly;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReader;
import java.lang.module.ModuleReference;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The class files of the modules that the builder consists of. */
final class BuilderClasses {
    private final Map<String, ModuleReference> modules;

    private BuilderClasses(Map<String, ModuleReference> modules) {
        this.modules = modules;
    }

    static BuilderClasses in(Path... directories) {
        return new BuilderClasses(
                ModuleFinder.of(directories).findAll().stream()
                        .collect(
                                Collectors.toMap(
                                        module -> module.descriptor().name(),
                                        module -> module,
                                        (one, other) -> one,
                                        TreeMap::new)));
    }

    List<ModuleDescriptor> modules() {
        return modules.values().stream().map(ModuleReference::descriptor).toList();
    }

    /** Every class of a module, in the order of names. */
    void forEach(String module, Consumer<ClassModel> action) throws IOException {
        try (ModuleReader reader = open(module);
                Stream<String> names = reader.list()) {
            for (String name : names.filter(BuilderClasses::isClass).sorted().toList()) {
                action.accept(parse(reader, name));
            }
        }
    }

    /** One class of a module, by its internal name. */
    ClassModel get(String module, String internalName) throws IOException {
        try (ModuleReader reader = open(module)) {
            return parse(reader, internalName + ".class");
        }
    }

    private ModuleReader open(String module) throws IOException {
        ModuleReference reference = modules.get(module);
        if (reference == null) {
            throw new IllegalStateException("the builder has no module " + module);
        }
        return reference.open();
    }

    private static boolean isClass(String name) {
        return name.endsWith(".class")
                && !name.endsWith("-info.class")
                && !name.startsWith("META-INF/");
    }

    private static ClassModel parse(ModuleReader reader, String name) throws IOException {
        try (InputStream in =
                reader.open(name)
                        .orElseThrow(() -> new IllegalStateException("no class file " + name))) {
            return ClassFile.of().parse(in.readAllBytes());
        }
    }
}
