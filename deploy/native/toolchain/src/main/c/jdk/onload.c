/* A native image looks for JNI_OnLoad_NAME of each JDK library that it takes for a statically linked one. Ours are the JDK's shared
   objects, which have a plain JNI_OnLoad or none. Compiled once per library:
     -DLIBRARY=java           its name
     -DANCHOR=Java_java_...   one of its functions; gcc often links with --as-needed, which drops a library that nothing refers to
     -DHAS_ONLOAD=1           when it has a JNI_OnLoad of its own (dlsym alone would also find one of its dependencies) */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <jni.h>
#include <stddef.h>

#define TEXT_(name) #name
#define TEXT(name) TEXT_(name)
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

extern const char ANCHOR[];

jint JOIN(JNI_OnLoad_, LIBRARY)(JavaVM *vm, void *reserved);

/* A library that is linked statically must ask for JNI 1.8 at least, so an older answer is raised to it. */
jint JOIN(JNI_OnLoad_, LIBRARY)(JavaVM *vm, void *reserved) {
    const char *volatile keep = ANCHOR;
    (void)keep;
#ifdef HAS_ONLOAD
    void *library = dlopen("lib" TEXT(LIBRARY) ".so", RTLD_LAZY | RTLD_NOLOAD);
    if (library == NULL) return JNI_ERR;
    jint (*on_load)(JavaVM *, void *) = (jint(*)(JavaVM *, void *))dlsym(library, "JNI_OnLoad");
    jint version = on_load == NULL ? JNI_ERR : on_load(vm, reserved);
    if (version < 0 || version > JNI_VERSION_1_8) return version;
#else
    (void)vm, (void)reserved;
#endif
    return JNI_VERSION_1_8;
}
