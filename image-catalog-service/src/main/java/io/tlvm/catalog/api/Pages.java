package io.tlvm.catalog.api;

import com.google.protobuf.Message;

import io.tlvm.catalog.catalog.Page;
import io.tlvm.foundation.request.PageTokens;

import jakarta.inject.Singleton;

/** Page sizes and tokens of all lists here (AIP-158). */
@Singleton
class Pages {
    private final PageTokens tokens;

    Pages(PageTokens tokens) {
        this.tokens = tokens;
    }

    Page.Wanted wanted(int size, String token, Message request) {
        return new Page.Wanted(PageTokens.size(size), tokens.after(token, request).orElse(""));
    }

    String next(Page<?> page, Message request) {
        return page.next().map(key -> tokens.next(key, request)).orElse("");
    }
}
