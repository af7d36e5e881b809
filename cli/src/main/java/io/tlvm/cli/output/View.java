package io.tlvm.cli.output;

import com.google.protobuf.Message;

import java.util.List;
import java.util.function.Function;

/**
 * How a kind of resource is shown.
 *
 * @param name full resource name
 * @param columns of its table, at least one
 */
public record View<T extends Message>(Function<T, String> name, List<Column<T>> columns) {
    public View {
        columns = List.copyOf(columns);
        if (columns.isEmpty()) {
            throw new IllegalArgumentException("a view needs columns");
        }
    }
}
