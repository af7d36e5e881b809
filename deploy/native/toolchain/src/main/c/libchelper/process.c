/* libchelper, the part about this process: stands in for what com.oracle.svm.core declares with @CFunction in LibCHelper,
   LinuxLibCHelper, CodeSynchronizationOperations, Fcntl and PosixVMThreads. Java cannot call variadic functions, nor read
   `environ`, nor use a system call that libc does not wrap; these functions do it for it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

char **getEnviron(void) { return environ; }

int getThreadId(void) { return gettid(); }

void *mremapP(void *old_address, size_t old_size, size_t new_size, int flags, void *new_address) {
    return mremap(old_address, old_size, new_size, flags, new_address);
}

/* x86 keeps its instruction cache coherent; the compiler emits what the architecture needs, here nothing. */
void codeSynchronization_clearCache(long start, long size) {
    __builtin___clear_cache((char *)start, (char *)start + size);
}

int openSII(const char *path, int flags, int mode) { return open(path, flags, mode); }

int openatISII(int directory, const char *path, int flags, int mode) { return openat(directory, path, flags, mode); }

int fprintfSD(FILE *stream, const char *format, const char *text, int number) {
    return fprintf(stream, format, text, number);
}

/* User time of a thread of this process in nanoseconds, -1 when it is gone: field 14 of its stat file, in clock ticks. */
long getThreadUserTimeSlow(int thread) {
    char path[64], line[1024];
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", thread);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t length = read(file, line, sizeof line - 1);
    close(file);
    if (length <= 0) return -1;
    line[length] = '\0';

    /* Field 2 is a name in parentheses that may hold anything: count from the last parenthesis, where field 3 begins. */
    char *rest = strrchr(line, ')');
    if (rest == NULL) return -1;
    for (int field = 3; field <= 14; field++) {
        rest = strchr(rest + 1, ' ');
        if (rest == NULL) return -1;
    }
    unsigned long ticks;
    if (sscanf(rest, "%lu", &ticks) != 1) return -1;
    return (long)(ticks * (1000000000UL / (unsigned long)sysconf(_SC_CLK_TCK)));
}
