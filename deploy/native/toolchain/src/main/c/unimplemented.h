/* A function that the image could link to but that nobody wrote: whoever calls it learns its name, and nothing worse happens. */
#ifndef TLVM_UNIMPLEMENTED_H
#define TLVM_UNIMPLEMENTED_H

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* write(2) and not stdio: the caller may be a signal handler or a thread that is not set up yet. */
static inline _Noreturn void die_unimplemented(const char *message) {
    ssize_t ignored = write(STDERR_FILENO, message, strlen(message));
    (void)ignored;
    abort();
}

#define UNIMPLEMENTED(name)                                                                                \
    _Noreturn void name(void);                                                                             \
    _Noreturn void name(void) {                                                                            \
        die_unimplemented("native toolchain: " #name " is not implemented (deploy/native/toolchain)\n");   \
    }

#endif
