#define _GNU_SOURCE /* dladdr */

#include "libclang.h"

#include "base/error.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION_MIN = 14, VERSION_MAX = 19 };

/* "%d" is the version. Debian has a folder for each, from which the compiler's own headers are
 * found; elsewhere the loader knows best. */
static const char *const names[] = {
    "/usr/lib/llvm-%d/lib/libclang-%d.so.1",
    "libclang-%d.so.1",
    "libclang.so.%d",
};

static void *open_first(void)
{
    void *library = NULL;
    char name[64];
    for (int version = VERSION_MIN; version <= VERSION_MAX; version++)
        for (size_t i = 0; i < sizeof names / sizeof *names && !library; i++) {
            snprintf(name, sizeof name, names[i], version, version);
            library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
        }
    return library ? library : dlopen("libclang.so", RTLD_NOW | RTLD_LOCAL);
}

/* Sets the function pointer at [slot], which POSIX lets a void * stand for. */
static bool find(void *library, const char *name, void *slot)
{
    void *symbol = dlsym(library, name);
    memcpy(slot, &symbol, sizeof symbol);
    return symbol != NULL;
}

/* The compiler that belongs to the library, by whose place it finds its own headers. */
static void find_program(libclang *out)
{
    Dl_info info;
    void *symbol;
    memcpy(&symbol, &out->createIndex, sizeof symbol);
    const char *path = dladdr(symbol, &info) ? info.dli_fname : "";
    const char *slash = strrchr(path, '/');
    if (slash)
        snprintf(out->program, sizeof out->program, "%.*s/../bin/clang", (int)(slash - path),
                 path);
    else
        snprintf(out->program, sizeof out->program, "clang");
}

wisp_status libclang_find(libclang *out, wisp_error *err)
{
    const char *named = getenv("LIBCLANG");
    void *library = named ? dlopen(named, RTLD_NOW | RTLD_LOCAL) : open_first();
    if (!library && named)
        return wisp_fail(err, WISP_NOT_FOUND, "LIBCLANG is '%.100s', which cannot be loaded",
                         named);
    if (!library)
        return wisp_fail(err, WISP_NOT_FOUND,
                         "libclang is not installed, versions 14 to 19 would do; it comes with "
                         "clang (on Debian: apt install clang-14), or LIBCLANG names it");
#define X(result, name, parameters)                                                              \
    if (!find(library, "clang_" #name, &out->name))                                              \
        return wisp_fail(err, WISP_UNSUPPORTED, "the libclang that was found has no clang_%s",   \
                         #name);
    LIBCLANG(X)
#undef X
    find_program(out);
    return WISP_OK;
}
