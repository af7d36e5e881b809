/* libchelper, the part about locales: stands in for what LocaleCHelper declares. As in the JDK, LC_MESSAGES gives the
   display locale and LC_CTYPE the format locale, named language_COUNTRY.encoding@modifier. Names of languages that ISO 639
   has dropped are passed on as they are; the JDK maps a few of them. */
#include <locale.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "svm_locale.h"

typedef struct {
    const char *language, *script, *country, *variant;
} parts;

static svm_locale_props_t properties;

/* Modifiers that glibc's locales use for scripts, with the names of ISO 15924. */
static const char *script_of(const char *modifier) {
    static const char *const scripts[][2] = {
        {"arabic", "Arab"}, {"cyrillic", "Cyrl"}, {"devanagari", "Deva"}, {"iqtelif", "Latn"}, {"latin", "Latn"},
    };
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        if (strcmp(modifier, scripts[i][0]) == 0) return scripts[i][1];
    }
    return NULL;
}

static int split(int category, parts *found) {
    const char *name = setlocale(category, NULL);
    char *copy = strdup(name == NULL ? "C" : name);
    if (copy == NULL) return 0;
    memset(found, 0, sizeof *found);

    /* No locale at all: American English, as in the JDK. With an encoding (C.UTF-8) it is English of no country. */
    if (strcmp(copy, "C") == 0 || strcmp(copy, "POSIX") == 0) {
        free(copy);
        found->language = "en";
        found->country = "US";
        return 1;
    }
    char *modifier = strchr(copy, '@');
    if (modifier != NULL) {
        *modifier++ = '\0';
        found->script = script_of(modifier);
    }
    char *encoding = strchr(copy, '.');
    if (encoding != NULL) *encoding = '\0';
    char *country = strchr(copy, '_');
    if (country != NULL) {
        *country++ = '\0';
        if (*country != '\0') found->country = country;
    }
    found->language = strcmp(copy, "C") == 0 ? "en" : copy; /* lives as long as the process, and so do the parts of it */
    return 1;
}

int svm_initialize_locale(void) {
    parts display, format;
    setlocale(LC_ALL, "");
    if (!split(LC_MESSAGES, &display) || !split(LC_CTYPE, &format)) return SVM_LOCALE_INITIALIZATION_OUT_OF_MEMORY;
    properties = (svm_locale_props_t){
        .display_language = display.language,
        .display_script = display.script,
        .display_country = display.country,
        .display_variant = display.variant,
        .format_language = format.language,
        .format_script = format.script,
        .format_country = format.country,
        .format_variant = format.variant,
    };
    return SVM_LOCALE_INITIALIZATION_SUCCEEDED;
}

svm_locale_props_t *svm_get_locale(void) { return &properties; }
