package io.tlvm.vm.api;

import com.google.protobuf.Message;

import io.tlvm.foundation.request.PageTokens;

import jakarta.inject.Singleton;

import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;

/** Keyset-paged lists (AIP-158). */
@Singleton
class Pages {
    private final PageTokens tokens;

    Pages(PageTokens tokens) {
        this.tokens = tokens;
    }

    /** A page and the token of the next one, empty at the end. */
    record Page<T>(List<T> items, String next) {}

    /** Reads one more than the page holds, to know whether there is a next one. */
    <T> Page<T> read(
            int size,
            String token,
            Message request,
            BiFunction<String, Integer, List<T>> list,
            Function<T, String> key) {
        int wanted = PageTokens.size(size);
        List<T> found = list.apply(tokens.after(token, request).orElse(""), wanted + 1);
        if (found.size() <= wanted) {
            return new Page<>(found, "");
        }
        List<T> page = found.subList(0, wanted);
        return new Page<>(page, tokens.next(key.apply(page.getLast()), request));
    }
}
