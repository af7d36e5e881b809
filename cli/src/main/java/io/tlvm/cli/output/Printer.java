package io.tlvm.cli.output;

import com.google.protobuf.Message;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** Writes resources to stdout in one format. Nothing else writes there. */
public final class Printer {

    private static final String EMPTY = "-";
    private static final String GAP = "  ";

    private final PrintStream out;
    private final Format format;
    private final boolean headers;
    private final Structured structured = new Structured();

    /**
     * @param headers whether tables begin with their titles
     */
    public Printer(PrintStream out, Format format, boolean headers) {
        this.out = out;
        this.format = format;
        this.headers = headers;
    }

    /** A list, possibly empty. */
    public <T extends Message> void list(View<T> view, List<T> items) {
        switch (format) {
            case TABLE, WIDE -> table(view, items);
            case JSON -> out.println(structured.json(items));
            case JSONL -> items.forEach(item -> out.println(structured.jsonLine(item)));
            case YAML -> out.println(structured.yaml(items));
            case NAME -> items.forEach(item -> out.println(view.name().apply(item)));
        }
        out.flush();
    }

    /** The outcome of a command: a row in a table. */
    public <T extends Message> void one(View<T> view, T item) {
        if (format == Format.TABLE || format == Format.WIDE) {
            table(view, List.of(item));
        } else {
            details(view, item);
        }
    }

    /** Everything about one resource: a line per value in a table. */
    public <T extends Message> void details(View<T> view, T item) {
        switch (format) {
            case TABLE, WIDE -> {
                int width =
                        view.columns().stream().mapToInt(c -> c.title().length()).max().orElse(0);
                for (Column<T> column : view.columns()) {
                    out.println(pad(column.title(), width) + GAP + cell(column, item));
                }
            }
            case JSON -> out.println(structured.json(item));
            case JSONL -> out.println(structured.jsonLine(item));
            case YAML -> out.println(structured.yaml(item));
            case NAME -> out.println(view.name().apply(item));
        }
        out.flush();
    }

    /** A row of a table that grows; its widths are guessed by the titles. */
    public <T extends Message> void event(View<T> view, T item, boolean first) {
        switch (format) {
            case TABLE, WIDE -> {
                var cells = new ArrayList<String>();
                var titles = new ArrayList<String>();
                for (Column<T> column : columns(view)) {
                    titles.add(pad(column.title(), 12));
                    cells.add(pad(cell(column, item), 12));
                }
                if (first && headers) {
                    out.println(String.join(GAP, titles).stripTrailing());
                }
                out.println(String.join(GAP, cells).stripTrailing());
            }
            case JSON, JSONL -> out.println(structured.jsonLine(item));
            case YAML -> out.println("---\n" + structured.yaml(item));
            case NAME -> out.println(view.name().apply(item));
        }
        out.flush();
    }

    /** Lines that are no resource, such as a completion script. */
    public void text(String text) {
        out.println(text);
        out.flush();
    }

    /** Whether people read the output. */
    public boolean forPeople() {
        return format == Format.TABLE || format == Format.WIDE;
    }

    private <T extends Message> void table(View<T> view, List<T> items) {
        List<Column<T>> columns = columns(view);
        var rows = new ArrayList<List<String>>();
        if (headers) {
            rows.add(columns.stream().map(Column::title).toList());
        }
        for (T item : items) {
            rows.add(columns.stream().map(column -> cell(column, item)).toList());
        }
        int[] widths = new int[columns.size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        for (List<String> row : rows) {
            var line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                line.append(pad(row.get(i), widths[i])).append(GAP);
            }
            out.println(line.toString().stripTrailing());
        }
    }

    private <T extends Message> List<Column<T>> columns(View<T> view) {
        return view.columns().stream()
                .filter(column -> format == Format.WIDE || !column.wide())
                .toList();
    }

    /** Values come from other people: a control character could rewrite what the terminal shows. */
    private static <T> String cell(Column<T> column, T item) {
        String text = column.value().apply(item).replaceAll("\\p{Cntrl}", " ").strip();
        return text.isEmpty() ? EMPTY : text;
    }

    private static String pad(String text, int width) {
        return text.length() >= width ? text : text + " ".repeat(width - text.length());
    }
}
