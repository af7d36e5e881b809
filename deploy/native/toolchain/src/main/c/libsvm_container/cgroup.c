/* libsvm_container: stands in for what ContainerLibrary declares. Tells an image how much memory and how many processors the
   control groups leave it, version 2 (one hierarchy) or 1 (one per controller). A process counts as "in a container" when a
   group limits either; the image then asks here, otherwise it asks the system. Sizes are bytes, -1 means no limit or unknown.

   Numbers are read from files at each call: svm keeps the answers for 20 ms, and a limit may be changed at any time. */
#define _GNU_SOURCE
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../processors.h"

enum { INTERFACE_VERSION = 240100, NOT_CONTAINERIZED = 0, CONTAINERIZED = 1, LIBRARY_TOO_OLD = 2, LIBRARY_TOO_NEW = 3 };
enum { NONE = -1, LINE_BYTES = PATH_MAX + 512 };

/* Where this process is in a hierarchy: its group's directory, and the mount point, above which there is nothing to read. */
typedef struct {
    char group[PATH_MAX];
    size_t mount_length;
} place;

static struct {
    int version; /* of the control groups: 2, 1 or 0 for none */
    place memory, cpu;
} here;

/* ---- finding the groups ---- */

static bool has_word(const char *list, const char *word) {
    size_t length = strlen(word);
    for (const char *at = strstr(list, word); at != NULL; at = strstr(at + 1, word)) {
        bool starts = at == list || at[-1] == ',';
        bool ends = at[length] == '\0' || at[length] == ',';
        if (starts && ends) return true;
    }
    return false;
}

/* The process's path in a hierarchy by /proc/self/cgroup, lines "ID:CONTROLLERS:PATH"; version 2 has no controllers there. */
static bool path_of(const char *controller, char *path) {
    char line[LINE_BYTES];
    bool found = false;
    FILE *file = fopen("/proc/self/cgroup", "re");
    if (file == NULL) return false;
    while (!found && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *rest = controllers == NULL ? NULL : strchr(controllers + 1, ':');
        if (rest == NULL || strlen(rest + 1) >= PATH_MAX) continue;
        *rest = '\0';
        found = *controller == '\0' ? controllers[1] == '\0' : has_word(controllers + 1, controller);
        if (found) strcpy(path, rest + 1);
    }
    fclose(file);
    return found;
}

/* The mount of a hierarchy by /proc/self/mountinfo: "ID PARENT DEVICE ROOT MOUNT OPTIONS ... - TYPE SOURCE SUPER". In a container
   ROOT is often the group itself, and the paths of /proc/self/cgroup begin with it. */
static bool mount_of(const char *controller, char *root, char *mount) {
    char line[LINE_BYTES];
    bool found = false;
    FILE *file = fopen("/proc/self/mountinfo", "re");
    if (file == NULL) return false;
    while (!found && fgets(line, sizeof line, file) != NULL) {
        char type[32], super[512];
        const char *separator = strstr(line, " - ");
        if (separator == NULL || sscanf(separator, " - %31s %*s %511s", type, super) != 2) continue;
        if (*controller == '\0') {
            found = strcmp(type, "cgroup2") == 0;
        } else {
            found = strcmp(type, "cgroup") == 0 && has_word(super, controller);
        }
        found = found && sscanf(line, "%*s %*s %*s %4095s %4095s", root, mount) == 2;
    }
    fclose(file);
    return found;
}

static bool locate(const char *controller, place *found) {
    char path[PATH_MAX], root[PATH_MAX], mount[PATH_MAX];
    if (!path_of(controller, path) || !mount_of(controller, root, mount)) return false;
    const char *below = path;
    size_t root_length = strlen(root);
    if (root_length > 1 && strncmp(path, root, root_length) == 0) below = path + root_length;
    if (strcmp(below, "/") == 0) below = "";

    found->mount_length = strlen(mount);
    int length = snprintf(found->group, sizeof found->group, "%s%s", mount, below);
    bool visible = length > 0 && (size_t)length < sizeof found->group && access(found->group, X_OK) == 0;
    if (!visible) strcpy(found->group, mount); /* moved, or seen from another namespace: its own limits are on top */
    return true;
}

static void locate_all(void) {
    memset(&here, 0, sizeof here);
    if (locate("memory", &here.memory) && locate("cpu", &here.cpu)) {
        here.version = 1;
    } else if (locate("", &here.memory)) {
        here.cpu = here.memory;
        here.version = 2;
    }
}

/* ---- reading ---- */

/* The first line of a file of a group. */
static bool first_line(const char *group, const char *name, char *line, int size) {
    char path[PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/%s", group, name);
    FILE *file = fopen(path, "re");
    if (file == NULL) return false;
    bool read = fgets(line, size, file) != NULL;
    fclose(file);
    return read;
}

static long number(const char *group, const char *name) {
    char line[64];
    long value;
    return first_line(group, name, line, sizeof line) && sscanf(line, "%ld", &value) == 1 ? value : NONE;
}

/* A line "KEY NUMBER" of memory.stat. */
static long statistic(const char *key) {
    char path[PATH_MAX + 64], line[256], name[128];
    long value, found = NONE;
    snprintf(path, sizeof path, "%s/memory.stat", here.memory.group);
    FILE *file = fopen(path, "re");
    if (file == NULL) return NONE;
    while (found == NONE && fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "%127s %ld", name, &value) == 2 && strcmp(name, key) == 0) found = value;
    }
    fclose(file);
    return found;
}

static long system_memory(void) { return sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE); }

/* Version 1 says "no limit" by a number larger than any memory. */
static long limit(const char *group, const char *name) {
    long value = number(group, name);
    return value > 0 && value < system_memory() ? value : NONE;
}

/* Every group on the way up limits what is below it: the smallest answer counts. */
static long smallest(const place *start, long (*ask)(const char *group)) {
    char group[PATH_MAX];
    long result = NONE;
    strcpy(group, start->group);
    for (;;) {
        long value = ask(group);
        if (value > 0 && (result == NONE || value < result)) result = value;
        char *last = strrchr(group, '/');
        if (strlen(group) <= start->mount_length || last == NULL) return result;
        *last = '\0';
    }
}

static long memory_limit_of(const char *group) {
    return limit(group, here.version == 2 ? "memory.max" : "memory.limit_in_bytes");
}

/* Whole processors, rounded up: the quota of a period divided by the period. */
static long processors_of(const char *group) {
    long quota = NONE, period = NONE;
    if (here.version == 2) {
        char line[64];
        if (!first_line(group, "cpu.max", line, sizeof line) || sscanf(line, "%ld %ld", &quota, &period) != 2) return NONE;
    } else {
        quota = number(group, "cpu.cfs_quota_us");
        period = number(group, "cpu.cfs_period_us");
    }
    return quota > 0 && period > 0 ? (quota + period - 1) / period : NONE;
}

static long processor_limit(void) { return here.version == 0 ? NONE : smallest(&here.cpu, processors_of); }

static long by_version(const char *name2, const char *name1) {
    return here.version == 0 ? NONE : number(here.memory.group, here.version == 2 ? name2 : name1);
}

/* ---- the interface ---- */

long svm_container_memory_limit_in_bytes(void) {
    return here.version == 0 ? NONE : smallest(&here.memory, memory_limit_of);
}

int svm_container_initialize(int version) {
    if (version > INTERFACE_VERSION) return LIBRARY_TOO_OLD;
    if (version < INTERFACE_VERSION) return LIBRARY_TOO_NEW;
    locate_all();
    bool limited = svm_container_memory_limit_in_bytes() != NONE || processor_limit() != NONE;
    return limited ? CONTAINERIZED : NOT_CONTAINERIZED;
}

unsigned long svm_container_physical_memory(void) {
    long memory = svm_container_memory_limit_in_bytes();
    return (unsigned long)(memory == NONE ? system_memory() : memory);
}

/* Version 2 limits swap alone, version 1 the sum. */
long svm_container_memory_and_swap_limit_in_bytes(void) {
    if (here.version != 2) return here.version == 0 ? NONE : limit(here.memory.group, "memory.memsw.limit_in_bytes");
    long memory = svm_container_memory_limit_in_bytes();
    long swap = number(here.memory.group, "memory.swap.max");
    return memory == NONE || swap == NONE ? NONE : memory + swap;
}

long svm_container_memory_soft_limit_in_bytes(void) {
    if (here.version == 0) return NONE;
    return limit(here.memory.group, here.version == 2 ? "memory.low" : "memory.soft_limit_in_bytes");
}

long svm_container_memory_usage_in_bytes(void) { return by_version("memory.current", "memory.usage_in_bytes"); }

long svm_container_memory_max_usage_in_bytes(void) { return by_version("memory.peak", "memory.max_usage_in_bytes"); }

long svm_container_rss_usage_in_bytes(void) { return here.version == 0 ? NONE : statistic(here.version == 2 ? "anon" : "rss"); }

long svm_container_cache_usage_in_bytes(void) { return here.version == 0 ? NONE : statistic(here.version == 2 ? "file" : "cache"); }

int svm_container_active_processor_count(void) {
    int usable = usable_processors();
    long allowed = processor_limit();
    return allowed != NONE && allowed < usable ? (int)allowed : usable;
}
