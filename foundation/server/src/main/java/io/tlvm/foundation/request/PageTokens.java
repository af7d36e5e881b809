package io.tlvm.foundation.request;

import com.google.protobuf.Message;

import io.grpc.StatusRuntimeException;
import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.foundation.refusal.Refusal;
import io.tlvm.type.v1.ErrorReason;

import jakarta.inject.Singleton;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/**
 * Page tokens of keyset-paged lists: the last key of a page, tied to the other arguments of the
 * list (AIP-158). They are no secret and no proof: what a caller may see is decided on every page
 * anew. No size means 50, and no page is longer than 500.
 */
@Singleton
public class PageTokens {

    /** Enough against mistakes; nobody gains from a forged token. */
    private static final int FINGERPRINT_DIGITS = 16;

    private static final int TOKEN_LENGTH_MAX = 2_048;
    private static final int SIZE_DEFAULT = 50;
    private static final int SIZE_MAX = 500;

    private final ErrorDomain domain;

    /** Tokens that are refused in the name of {@code domain}. */
    public PageTokens(ErrorDomain domain) {
        this.domain = domain;
    }

    /** The size of a page for which a client asked, 0 if it named none. */
    public static int size(int asked) {
        return asked == 0 ? SIZE_DEFAULT : Math.min(asked, SIZE_MAX);
    }

    /**
     * The token behind a page that ends with {@code lastKey}, for the list that {@code request}
     * asks for.
     */
    public String next(String lastKey, Message request) {
        String plain = fingerprint(request) + lastKey;
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(plain.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * The key after which the page starts; empty for the first page.
     *
     * @throws StatusRuntimeException PAGE_TOKEN_INVALID when the token is damaged or other
     *     arguments came with it
     */
    public Optional<String> after(String token, Message request) {
        if (token.isEmpty()) {
            return Optional.empty();
        }
        if (token.length() > TOKEN_LENGTH_MAX) {
            throw invalid("it is too long");
        }
        String plain;
        try {
            plain = new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException notBase64) {
            throw invalid("it is damaged");
        }
        if (plain.length() < FINGERPRINT_DIGITS) {
            throw invalid("it is damaged");
        }
        if (!plain.startsWith(fingerprint(request))) {
            throw invalid("the other arguments of the list differ from those of the page before");
        }
        return Optional.of(plain.substring(FINGERPRINT_DIGITS));
    }

    /** The page size may change from page to page. */
    private static String fingerprint(Message request) {
        return RequestFingerprint.of(request, "page_token", "page_size")
                .substring(0, FINGERPRINT_DIGITS);
    }

    private StatusRuntimeException invalid(String why) {
        return Refusal.of(ErrorReason.ERROR_REASON_PAGE_TOKEN_INVALID, domain)
                .what("the page token cannot be used: %s", why)
                .violation("page_token", "page_token.invalid", why)
                .asException();
    }
}
