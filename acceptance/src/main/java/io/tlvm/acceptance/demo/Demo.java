package io.tlvm.acceptance.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import io.tlvm.acceptance.cluster.LocalStack;
import io.tlvm.acceptance.cluster.Project;
import io.tlvm.acceptance.cluster.Tlvm;

import java.util.List;
import java.util.Map;

/**
 * {@code ./dev demo [-o json]}: runs the main job in front of the user's eyes, and leaves nothing
 * running.
 */
public final class Demo {
    private Demo() {}

    public static void main(String[] arguments) {
        boolean json = List.of(arguments).equals(List.of("-o", "json"));
        if (arguments.length > 0 && !json) {
            System.err.println("usage: ./dev demo [-o json]");
            System.exit(2);
        }
        Project project = Project.find();
        LocalStack stack = new LocalStack(project, Map.of());
        Tlvm tlvm = new Tlvm(project, Map.of(), System.err::println);
        Evidence evidence = new Evidence();
        boolean finished = false;
        try {
            stack.up();
            new Story(project, stack, tlvm, evidence, System.err::println).tell();
            finished = true;
        } finally {
            stack.downWithGuests();
            if (json) {
                System.out.println(toJson(evidence));
            } else {
                System.out.println();
                System.out.print(evidence.table());
            }
        }
        System.exit(finished && evidence.allHold() ? 0 : 1);
    }

    private static String toJson(Evidence evidence) {
        ObjectMapper mapper = new ObjectMapper();
        ArrayNode lines = mapper.createArrayNode();
        for (Evidence.Line line : evidence.lines()) {
            ObjectNode node = lines.addObject();
            node.put("claim", line.claim());
            node.put("readFrom", line.source());
            node.put("observed", line.observed());
            node.put("holds", line.holds());
        }
        JsonNode root =
                mapper.createObjectNode().put("allHold", evidence.allHold()).set("evidence", lines);
        try {
            return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(root);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
