/* libchelper, the part about time zones: stands in for SVM_FindJavaTZmd, which LibCHelper declares. Asked in the order of
   the JDK: TZ, the link /etc/localtime, and when that is a plain file the zone with the same rules. */
#define _GNU_SOURCE
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char ZONES[] = "/usr/share/zoneinfo";
static const char LOCAL[] = "/etc/localtime";
enum { LARGEST_ZONE_FILE = 64 * 1024 };

static const char *after(const char *text, const char *prefix) {
    size_t length = strlen(prefix);
    return strncmp(text, prefix, length) == 0 ? text + length : text;
}

/* The name of a zone from the path of its file; NULL when the file is not below a zoneinfo directory. */
static char *name_from_path(const char *path) {
    const char *zone = strstr(path, "/zoneinfo/");
    return zone == NULL ? NULL : strdup(after(zone + strlen("/zoneinfo/"), "posix/"));
}

/* A path in TZ means the zone of that file; the JDK only takes its present offset. */
static char *from_environment(void) {
    const char *zone = getenv("TZ");
    if (zone == NULL || *zone == '\0') return NULL;
    zone = after(zone, ":");
    return *zone == '/' ? name_from_path(zone) : strdup(after(zone, "posix/"));
}

/* Bytes read, 0 when the file cannot be a zone's. */
static size_t read_zone(const char *path, char *content) {
    FILE *file = fopen(path, "re");
    if (file == NULL) return 0;
    size_t length = fread(content, 1, LARGEST_ZONE_FILE, file);
    fclose(file);
    return length < LARGEST_ZONE_FILE ? length : 0;
}

static int by_name(const FTSENT **a, const FTSENT **b) { return strcmp((*a)->fts_name, (*b)->fts_name); }

static char *search(const char *wanted, size_t length, char *content) {
    char *roots[] = {ZONES, NULL}, *found = NULL;
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
    if (tree == NULL) return NULL;
    for (FTSENT *entry = fts_read(tree); entry != NULL && found == NULL; entry = fts_read(tree)) {
        int other_rules = strcmp(entry->fts_name, "right") == 0 || strcmp(entry->fts_name, "posix") == 0;
        if (entry->fts_info == FTS_D && other_rules) {
            fts_set(tree, entry, FTS_SKIP);
        } else if (entry->fts_info == FTS_F && (size_t)entry->fts_statp->st_size == length &&
                   strcmp(entry->fts_name, "localtime") != 0 && read_zone(entry->fts_path, content) == length &&
                   memcmp(content, wanted, length) == 0) {
            found = name_from_path(entry->fts_path);
        }
    }
    fts_close(tree);
    return found;
}

static char *from_content(void) {
    char *wanted = malloc(LARGEST_ZONE_FILE), *content = malloc(LARGEST_ZONE_FILE), *found = NULL;
    if (wanted != NULL && content != NULL) {
        size_t length = read_zone(LOCAL, wanted);
        char utc[PATH_MAX];
        snprintf(utc, sizeof utc, "%s/UTC", ZONES); /* many names have these rules; this is the one to use */
        if (length > 0 && read_zone(utc, content) == length && memcmp(content, wanted, length) == 0) {
            found = strdup("UTC");
        } else if (length > 0) {
            found = search(wanted, length, content);
        }
    }
    free(wanted);
    free(content);
    return found;
}

/* A name that the caller frees, NULL when there is none: Java then takes GMT. The mappings are for Windows. */
char *SVM_FindJavaTZmd(const char *mappings, int length) {
    (void)mappings;
    (void)length;
    char *zone = from_environment();
    if (zone != NULL) return zone;

    char target[PATH_MAX];
    struct stat local;
    if (lstat(LOCAL, &local) == 0 && S_ISLNK(local.st_mode) && realpath(LOCAL, target) != NULL) {
        zone = name_from_path(target);
    }
    return zone != NULL ? zone : from_content();
}
