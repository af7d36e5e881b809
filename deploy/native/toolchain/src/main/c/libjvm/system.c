/* libjvm.so, for the JDK's own libjava, libnet, libzip and so on inside a native image: the functions that need no virtual
   machine behind them. The others that those libraries import (classes, stacks, threads, modules) are never called, because
   svm substitutes the Java methods that would; `assemble` makes an aborting function of each. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <jni.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../processors.h"

enum { NANOS_PER_SECOND = 1000000000, NANOS_PER_MILLI = 1000000 };

/* svm calls it before it loads a library, so that this one is linked at all; there is nothing to do. */
JNIEXPORT void initialize(void) {}

JNIEXPORT jint JVM_ActiveProcessorCount(void) { return usable_processors(); }

/* ---- time ---- */

static struct timespec now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time;
}

JNIEXPORT jlong JVM_CurrentTimeMillis(JNIEnv *env, jclass ignored) {
    (void)env, (void)ignored;
    struct timespec time = now(CLOCK_REALTIME);
    return (jlong)time.tv_sec * 1000 + time.tv_nsec / NANOS_PER_MILLI;
}

JNIEXPORT jlong JVM_NanoTime(JNIEnv *env, jclass ignored) {
    (void)env, (void)ignored;
    struct timespec time = now(CLOCK_MONOTONIC);
    return (jlong)time.tv_sec * NANOS_PER_SECOND + time.tv_nsec;
}

/* Nanoseconds since a second near the present; -1 when it is so far that the caller has to choose another. */
JNIEXPORT jlong JVM_GetNanoTimeAdjustment(JNIEnv *env, jclass ignored, jlong offset_seconds) {
    (void)env, (void)ignored;
    const jlong furthest = (jlong)1 << 32;
    struct timespec time = now(CLOCK_REALTIME);
    jlong seconds = (jlong)time.tv_sec - offset_seconds;
    if (seconds < -furthest || seconds > furthest) return -1;
    return seconds * NANOS_PER_SECOND + time.tv_nsec;
}

/* ---- libraries ---- */

JNIEXPORT void *JVM_LoadLibrary(const char *path, jboolean throws) {
    (void)throws;
    return dlopen(path, RTLD_LAZY);
}

JNIEXPORT void JVM_UnloadLibrary(void *library) { dlclose(library); }

JNIEXPORT void *JVM_FindLibraryEntry(void *library, const char *name) { return dlsym(library, name); }

JNIEXPORT jboolean JVM_IsSupportedJNIVersion(jint version) {
    switch (version) {
        case JNI_VERSION_1_1:
        case JNI_VERSION_1_2:
        case JNI_VERSION_1_4:
        case JNI_VERSION_1_6:
        case JNI_VERSION_1_8:
        case JNI_VERSION_9:
        case JNI_VERSION_10:
        case JNI_VERSION_19:
        case JNI_VERSION_20:
        case JNI_VERSION_21:
        case JNI_VERSION_24: return JNI_TRUE;
        default: return JNI_FALSE;
    }
}

/* ---- locks of libzip: the thread that holds one may take it again ---- */

JNIEXPORT void *JVM_RawMonitorCreate(void) {
    pthread_mutexattr_t kind;
    pthread_mutex_t *monitor = malloc(sizeof *monitor);
    if (monitor == NULL) return NULL;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(monitor, &kind);
    pthread_mutexattr_destroy(&kind);
    return monitor;
}

JNIEXPORT void JVM_RawMonitorDestroy(void *monitor) {
    pthread_mutex_destroy(monitor);
    free(monitor);
}

JNIEXPORT jint JVM_RawMonitorEnter(void *monitor) { return pthread_mutex_lock(monitor); }

JNIEXPORT void JVM_RawMonitorExit(void *monitor) { pthread_mutex_unlock(monitor); }

/* ---- the process ---- */

JNIEXPORT char *JVM_NativePath(char *path) { return path; }

JNIEXPORT void JVM_BeforeHalt(void) {}

JNIEXPORT void JVM_Halt(jint status) { _exit(status); }

/* The number of "TERM" and so on; -1 for a name that the system does not have. */
JNIEXPORT jint JVM_FindSignal(const char *name) {
    for (int number = 1; number < NSIG; number++) {
        const char *known = sigabbrev_np(number);
        if (known != NULL && strcmp(known, name) == 0) return number;
    }
    return -1;
}

JNIEXPORT jboolean JVM_RaiseSignal(jint number) { return raise(number) == 0 ? JNI_TRUE : JNI_FALSE; }

/* Limits of containers are libsvm_container's business; Java's own reader of cgroups stays off. */
JNIEXPORT jboolean JVM_IsContainerized(void) { return JNI_FALSE; }

JNIEXPORT jboolean JVM_IsUseContainerSupport(void) { return JNI_FALSE; }
