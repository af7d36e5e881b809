package io.tlvm.cli.output;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.google.longrunning.Operation;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import com.google.rpc.ErrorInfo;

import io.tlvm.catalog.v1.Image;
import io.tlvm.catalog.v1.ImageVersion;
import io.tlvm.cli.problem.Problem;
import io.tlvm.cli.problem.ProblemException;
import io.tlvm.compute.v1.Migration;
import io.tlvm.compute.v1.Node;
import io.tlvm.compute.v1.VirtualMachine;

import java.util.List;

/**
 * Messages as JSON and YAML. Fields without presence are always written, so that a script sees
 * {@code false} and not nothing.
 */
public final class Structured {

    private final JsonFormat.Printer json;
    private final JsonFormat.Printer line;
    private final ObjectMapper mapper = new ObjectMapper();
    private final YAMLMapper yaml =
            new YAMLMapper(
                    YAMLFactory.builder()
                            .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                            .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                            .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
                            .build());

    /** Knows every type that our services put into details, metadata and responses. */
    public Structured() {
        json = JsonFormat.printer().usingTypeRegistry(types()).alwaysPrintFieldsWithNoPresence();
        line = json.omittingInsignificantWhitespace();
    }

    // An Any of a type that the registry does not know makes the printer throw.
    private static TypeRegistry types() {
        var registry = TypeRegistry.newBuilder();
        for (FileDescriptor file :
                List.of(
                        ErrorInfo.getDescriptor().getFile(),
                        Operation.getDescriptor().getFile(),
                        Image.getDescriptor().getFile(),
                        ImageVersion.getDescriptor().getFile(),
                        VirtualMachine.getDescriptor().getFile(),
                        Migration.getDescriptor().getFile(),
                        Node.getDescriptor().getFile(),
                        com.google.protobuf.Empty.getDescriptor().getFile())) {
            registry.add(file.getMessageTypes());
        }
        return registry.build();
    }

    /** On several lines. */
    public String json(Message message) {
        return print(json, message);
    }

    /** On one line. */
    public String jsonLine(Message message) {
        return print(line, message);
    }

    /** As an array. */
    public String json(List<? extends Message> messages) {
        return messages.isEmpty()
                ? "[]"
                : "[\n"
                        + String.join(
                                ",\n",
                                messages.stream()
                                        .map(m -> json(m).indent(2).stripTrailing())
                                        .toList())
                        + "\n]";
    }

    /** As YAML, without the mark of a new document. */
    public String yaml(Message message) {
        return toYaml(json(message));
    }

    /** As a YAML sequence. */
    public String yaml(List<? extends Message> messages) {
        return toYaml(json(messages));
    }

    private String toYaml(String text) {
        try {
            return yaml.writeValueAsString(mapper.readTree(text)).stripTrailing();
        } catch (JsonProcessingException ours) {
            throw new IllegalStateException(ours);
        }
    }

    private static String print(JsonFormat.Printer printer, Message message) {
        try {
            return printer.print(message);
        } catch (InvalidProtocolBufferException unknown) {
            throw new ProblemException(
                    Problem.failed(
                            "the answer has a part that this version of tlvm does not know: "
                                    + unknown.getMessage(),
                            "update tlvm, or use -o table"),
                    unknown);
        }
    }
}
