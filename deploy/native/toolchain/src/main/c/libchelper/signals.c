/* libchelper, the part about signals: stands in for what CSunMiscSignal declares. A handler may do almost nothing, so it
   only counts; a Java thread sleeps on the semaphore, collects the counts and runs the Java handlers. */
#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { OPENED = 0, OPENED_BY_ANOTHER_ISOLATE = 1, FAILED = 2, NO_SIGNAL = -1 };

static atomic_bool in_use;
static sem_t arrivals;
static atomic_int waiting[NSIG];

static bool in_range(int signal) { return signal > 0 && signal < NSIG; }

static void count(int signal) {
    int saved = errno;
    if (in_range(signal)) {
        atomic_fetch_add(&waiting[signal], 1);
        sem_post(&arrivals);
    }
    errno = saved;
}

int cSunMiscSignal_open(void) {
    if (atomic_exchange(&in_use, true)) return OPENED_BY_ANOTHER_ISOLATE;
    for (int signal = 0; signal < NSIG; signal++) atomic_store(&waiting[signal], 0);
    if (sem_init(&arrivals, 0, 0) == 0) return OPENED;
    atomic_store(&in_use, false);
    return FAILED;
}

int cSunMiscSignal_close(void) {
    int result = sem_destroy(&arrivals);
    atomic_store(&in_use, false);
    return result;
}

/* Waking up for nothing is allowed, so an interrupted wait counts as one. */
int cSunMiscSignal_awaitSemaphore(void) { return sem_wait(&arrivals) == 0 || errno == EINTR ? 0 : -1; }

int cSunMiscSignal_signalSemaphore(void) { return sem_post(&arrivals); }

bool cSunMiscSignal_signalRangeCheck(int signal) { return in_range(signal); }

/* One thread alone takes counts away: what it saw above zero stays above zero until it takes it. */
int cSunMiscSignal_checkPendingSignal(void) {
    for (int signal = 1; signal < NSIG; signal++) {
        if (atomic_load(&waiting[signal]) > 0) {
            atomic_fetch_sub(&waiting[signal], 1);
            return signal;
        }
    }
    return NO_SIGNAL;
}

void (*cSunMiscSignal_signalHandlerFunctionPointer(void))(int) { return count; }
