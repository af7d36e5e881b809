/* libjvm.so, the printing functions that the JDK's libraries share. They differ from libc's in one thing: a text that does not fit
   is cut, ended, and answered with -1. */
#include <jni.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/types.h>

JNIEXPORT int jio_vsnprintf(char *text, size_t size, const char *format, va_list arguments) {
    if ((ssize_t)size <= 0) return -1;
    int length = vsnprintf(text, size, format, arguments);
    if (length >= 0 && (size_t)length < size) return length;
    text[size - 1] = '\0';
    return -1;
}

JNIEXPORT int jio_snprintf(char *text, size_t size, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = jio_vsnprintf(text, size, format, arguments);
    va_end(arguments);
    return length;
}

JNIEXPORT int jio_vfprintf(FILE *stream, const char *format, va_list arguments) {
    return vfprintf(stream, format, arguments);
}
