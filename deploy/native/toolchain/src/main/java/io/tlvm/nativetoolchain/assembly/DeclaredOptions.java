package io.tlvm.nativetoolchain.assembly;

import java.io.IOException;
import java.lang.classfile.Annotation;
import java.lang.classfile.AnnotationElement;
import java.lang.classfile.AnnotationValue;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassModel;
import java.lang.classfile.FieldModel;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.module.ModuleDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The options that {@code native-image} has besides {@code -H:}: the builder declares each by an
 * annotation {@code @APIOption} at the field of the option that it stands for. Written as one line
 * per name, its columns parted by tabs:
 *
 * <pre>name  separators  value  transformation  option</pre>
 *
 * <ul>
 *   <li>separators: words of {@code =}, {@code :}, {@code blank} (the next argument is the value),
 *       {@code none} (the value follows immediately), or {@code fixed} (no value may be given)
 *   <li>value: what the option gets when none is given, possibly nothing
 *   <li>transformation: what is done to each element of a value: {@code same}, {@code run_time},
 *       {@code build_time}, {@code enable}, {@code disable}
 *   <li>option: the builder's, {@code +Name} or {@code -Name} for a boolean, {@code Name=}
 *       otherwise
 * </ul>
 */
final class DeclaredOptions {
    private static final String OPTION = "Lcom/oracle/svm/core/option/APIOption;";
    private static final String OPTIONS = "Lcom/oracle/svm/core/option/APIOption$List;";
    private static final String BOOLEAN_KEY = "<Ljava/lang/Boolean;>";

    private static final Map<Integer, String> SEPARATORS =
            Map.of((int) '=', "=", (int) ':', ":", (int) ' ', "blank", 0, "none");

    /** By the last part of the transformer's name: an unknown one stops the assembly. */
    private static final Map<String, String> TRANSFORMATIONS =
            Map.of(
                    "InitializationValueRunTime", "run_time",
                    "InitializationValueBuildTime", "build_time",
                    "Enable", "enable",
                    "Disable", "disable");

    private final BuilderClasses classes;

    DeclaredOptions(BuilderClasses classes) {
        this.classes = classes;
    }

    List<String> lines() throws IOException {
        SequencedMap<String, String> byName = new TreeMap<>();
        for (ModuleDescriptor module : classes.modules()) {
            List<ClassModel> declaring = new ArrayList<>();
            classes.forEach(
                    module.name(),
                    model -> {
                        if (model.fields().stream()
                                .anyMatch(field -> declarations(field).findAny().isPresent())) {
                            declaring.add(model);
                        }
                    });
            for (ClassModel model : declaring) {
                for (FieldModel field : model.fields()) {
                    for (Annotation declaration : declarations(field).toList()) {
                        add(module.name(), field, new Elements(declaration), byName);
                    }
                }
            }
        }
        return byName.entrySet().stream()
                .map(entry -> entry.getKey() + "\t" + entry.getValue())
                .toList();
    }

    private static Stream<Annotation> declarations(FieldModel field) {
        return field.findAttribute(Attributes.runtimeVisibleAnnotations()).stream()
                .flatMap(visible -> visible.annotations().stream())
                .flatMap(
                        annotation ->
                                switch (annotation.className().stringValue()) {
                                    case OPTION -> Stream.of(annotation);
                                    case OPTIONS ->
                                            new Elements(annotation)
                                                    .values("value")
                                                    .map(AnnotationValue.OfAnnotation.class::cast)
                                                    .map(AnnotationValue.OfAnnotation::annotation);
                                    default -> Stream.<Annotation>empty();
                                });
    }

    private void add(String module, FieldModel field, Elements declared, Map<String, String> byName)
            throws IOException {
        String key = field.fieldName().stringValue();
        boolean flag =
                field.findAttribute(Attributes.signature())
                        .filter(
                                signature ->
                                        signature
                                                .signature()
                                                .stringValue()
                                                .endsWith(BOOLEAN_KEY + ";"))
                        .isPresent();
        Optional<String> fixed = declared.string("fixedValue");
        String rest =
                String.join(
                        "\t",
                        flag || fixed.isPresent() ? "fixed" : declared.separators(),
                        fixed.or(() -> declared.string("defaultValue")).orElse(""),
                        declared.transformation(),
                        flag ? declared.sign() + key : key + "=");
        Optional<String> group = declared.type("group");
        String prefix = group.isPresent() ? "--" + groupName(module, group.get()) + "=" : "";
        for (String name : declared.strings("name")) {
            byName.put(
                    prefix.isEmpty() && !name.startsWith("-") ? "--" + name : prefix + name, rest);
        }
    }

    /** The text that the group's method {@code name} returns. */
    private String groupName(String module, String internalName) throws IOException {
        return classes.get(module, internalName).methods().stream()
                .filter(method -> method.methodName().equalsString("name"))
                .flatMap(method -> method.code().stream())
                .flatMap(code -> code.elementStream())
                .filter(ConstantInstruction.class::isInstance)
                .map(element -> ((ConstantInstruction) element).constantValue().toString())
                .findFirst()
                .orElseThrow(
                        () -> new IllegalStateException("no name of the group " + internalName));
    }

    /** The elements of an annotation that are written out; the others have their defaults. */
    private record Elements(Annotation annotation) {

        Stream<AnnotationValue> values(String name) {
            return annotation.elements().stream()
                    .filter(element -> element.name().equalsString(name))
                    .map(AnnotationElement::value)
                    .flatMap(
                            value ->
                                    value instanceof AnnotationValue.OfArray array
                                            ? array.values().stream()
                                            : Stream.of(value));
        }

        List<String> strings(String name) {
            return values(name)
                    .map(value -> ((AnnotationValue.OfString) value).stringValue())
                    .toList();
        }

        Optional<String> string(String name) {
            return strings(name).stream().findFirst();
        }

        /** The internal name of a class. */
        Optional<String> type(String name) {
            return values(name)
                    .map(value -> ((AnnotationValue.OfClass) value).className().stringValue())
                    .map(descriptor -> descriptor.substring(1, descriptor.length() - 1))
                    .findFirst();
        }

        String separators() {
            String words =
                    values("valueSeparator")
                            .map(value -> (int) ((AnnotationValue.OfChar) value).charValue())
                            .map(separator -> known(SEPARATORS, separator, "separator"))
                            .collect(Collectors.joining(" "));
            return words.isEmpty() ? "=" : words;
        }

        String transformation() {
            return type("valueTransformer")
                    .map(name -> name.substring(name.lastIndexOf('$') + 1))
                    .map(name -> known(TRANSFORMATIONS, name, "transformation"))
                    .orElse("same");
        }

        String sign() {
            boolean negated =
                    values("kind")
                            .map(AnnotationValue.OfEnum.class::cast)
                            .anyMatch(kind -> kind.constantName().equalsString("Negated"));
            return negated ? "-" : "+";
        }

        private static <K> String known(Map<K, String> words, K key, String what) {
            String word = words.get(key);
            if (word == null) {
                throw new IllegalStateException("unknown " + what + " of an option: " + key);
            }
            return word;
        }
    }
}
