package io.tlvm.cli.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;

import io.tlvm.cli.problem.Problem;
import io.tlvm.cli.problem.ProblemException;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * {@code config.yaml}: named sets of settings, and the one in use. An absent file is an empty one.
 */
public final class ConfigFile {

    private static final String CURRENT = "current-context";
    private static final String CONTEXTS = "contexts";

    private final Path file;
    private final YAMLMapper yaml =
            new YAMLMapper(
                    YAMLFactory.builder()
                            .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                            .build());

    /** What the file says. */
    public record Content(String currentContext, Map<String, Map<SettingKey, String>> contexts) {
        public Content {
            contexts = Map.copyOf(contexts);
        }
    }

    /** The file may be absent. */
    public ConfigFile(Path file) {
        this.file = file;
    }

    /** Where it is by the XDG base directory rules. */
    public static Path standardPlace(Map<String, String> environment) {
        String given = environment.getOrDefault("TLVM_CONFIG", "");
        if (!given.isBlank()) {
            return Path.of(given);
        }
        String xdg = environment.getOrDefault("XDG_CONFIG_HOME", "");
        Path base =
                xdg.isBlank()
                        ? Path.of(environment.getOrDefault("HOME", "."), ".config")
                        : Path.of(xdg);
        return base.resolve("tlvm").resolve("config.yaml");
    }

    /** The file. */
    public Path path() {
        return file;
    }

    /** Reads it; unknown keys are refused, because a misspelt one would silently have no effect. */
    public Content read() {
        JsonNode root;
        try {
            root = yaml.readTree(Files.readString(file));
        } catch (NoSuchFileException absent) {
            return new Content("", Map.of());
        } catch (JsonProcessingException notYaml) {
            throw damaged("it is not YAML: " + notYaml.getOriginalMessage());
        } catch (IOException unreadable) {
            throw damaged("it cannot be read: " + unreadable.getMessage());
        }
        String current = "";
        var contexts = new LinkedHashMap<String, Map<SettingKey, String>>();
        for (var entry : root.properties()) {
            switch (entry.getKey()) {
                case CURRENT -> current = entry.getValue().asText();
                case CONTEXTS ->
                        entry.getValue()
                                .properties()
                                .forEach(c -> contexts.put(c.getKey(), context(c.getValue())));
                default -> throw damaged("it has an unknown key '" + entry.getKey() + "'");
            }
        }
        return new Content(current, contexts);
    }

    private Map<SettingKey, String> context(JsonNode node) {
        var values = new EnumMap<SettingKey, String>(SettingKey.class);
        for (var entry : node.properties()) {
            Optional<SettingKey> key =
                    Arrays.stream(SettingKey.values())
                            .filter(known -> known.key().equals(entry.getKey()))
                            .findFirst();
            values.put(
                    key.orElseThrow(
                            () ->
                                    damaged(
                                            "a context has the unknown key '"
                                                    + entry.getKey()
                                                    + "'")),
                    entry.getValue().asText());
        }
        return values;
    }

    /** Replaces the file as a whole, so that a reader never sees half of it. */
    public void write(Content content) {
        var root = new LinkedHashMap<String, Object>();
        root.put(CURRENT, content.currentContext());
        var contexts = new LinkedHashMap<String, Object>();
        content.contexts().keySet().stream()
                .sorted()
                .forEach(
                        name -> {
                            var values = new LinkedHashMap<String, String>();
                            content.contexts()
                                    .getOrDefault(name, Map.of())
                                    .forEach((key, value) -> values.put(key.key(), value));
                            contexts.put(name, values);
                        });
        root.put(CONTEXTS, contexts);
        try {
            Path directory = Files.createDirectories(file.toAbsolutePath().getParent());
            Path beside = Files.createTempFile(directory, "config", ".new");
            try (var channel = FileChannel.open(beside, StandardOpenOption.WRITE)) {
                ByteBuffer bytes =
                        ByteBuffer.wrap(
                                yaml.writeValueAsString(root).getBytes(StandardCharsets.UTF_8));
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException failed) {
            throw new ProblemException(
                    Problem.failed(
                            "cannot write " + file + ": " + failed.getMessage(),
                            "check the directory's rights"),
                    failed);
        }
    }

    private ProblemException damaged(String why) {
        return new ProblemException(
                Problem.usage(file + " cannot be used: " + why, "correct or remove the file"));
    }
}
