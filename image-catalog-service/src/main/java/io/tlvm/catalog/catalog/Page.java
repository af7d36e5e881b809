package io.tlvm.catalog.catalog;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Part of an ordered list.
 *
 * @param next key of the last item, to go on behind it; empty at the end
 */
public record Page<T>(List<T> items, Optional<String> next) {
    public Page {
        items = List.copyOf(items);
    }

    /** Makes a page of at most {@code size} out of rows that were read with one more than that. */
    public static <T> Page<T> of(List<T> oneMore, int size, Function<T, String> key) {
        if (oneMore.size() <= size) {
            return new Page<>(oneMore, Optional.empty());
        }
        return new Page<>(oneMore.subList(0, size), Optional.of(key.apply(oneMore.get(size - 1))));
    }

    /**
     * Which part is wanted.
     *
     * @param size 1 to 500 items
     * @param after key of the last item before it; empty for the first page
     */
    public record Wanted(int size, String after) {
        public Wanted {
            if (size < 1 || size > 500) {
                throw new IllegalArgumentException("a page has 1 to 500 items");
            }
        }
    }
}
