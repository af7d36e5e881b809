/* The processors that this process may run on: what both libjvm and libsvm_container have to answer. */
#ifndef TLVM_PROCESSORS_H
#define TLVM_PROCESSORS_H

#include <errno.h>
#include <sched.h>
#include <unistd.h>

static inline int usable_processors(void) {
    /* A mask that is too small for the kernel's is refused with EINVAL: ask again with a larger one. */
    for (int bits = 1024; bits <= 1 << 20; bits *= 4) {
        cpu_set_t *mask = CPU_ALLOC(bits);
        size_t size = CPU_ALLOC_SIZE(bits);
        if (mask == NULL) break;
        int answered = sched_getaffinity(0, size, mask) == 0;
        int error = errno;
        int count = answered ? CPU_COUNT_S(size, mask) : 0;
        CPU_FREE(mask);
        if (count > 0) return count;
        if (answered || error != EINVAL) break;
    }
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
}

#endif
