#ifndef WISP_TESTS_PATCH_WORLD_H
#define WISP_TESTS_PATCH_WORLD_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "patch/manifest.h"
#include "program.h"

/*
 * What tests of the patcher share: patches for the running program, made without debug
 * information, for the program knows where its functions are.
 *
 *     wisp_bytes patch = world_patch(&(world_recipe){
 *         .module = FIX(add),
 *         .functions = {{"add", "(ii)i", AT(add)}},
 *         .natives = {{"original", "add", "(ii)i"}},
 *     });
 */

/* The modules of fixes/, compiled. */
#define WORLD_FIXES(X)                                                                           \
    X(add)                                                                                       \
    X(allocator) X(calls) X(faults) X(inside) X(script) X(shapes) X(spare) X(three) X(two)
#define X(name)                                                                                  \
    extern const unsigned char name##_fix[];                                                     \
    extern const size_t name##_fix_size;
WORLD_FIXES(X)
#undef X
#define FIX(name)                                                                                \
    {                                                                                            \
        name##_fix, name##_fix_size                                                              \
    }

#define AT(thing) (const void *)(uintptr_t)(thing)

enum { WORLD_ITEMS_MAX = 8 };

typedef struct world_recipe {
    wisp_bytes module;
    wisp_patch_grant grant;
    struct {
        const char *name, *signature;
        const void *at;
    } functions[WORLD_ITEMS_MAX];
    struct {
        const char *module, *name, *signature;
        const void *at;
    } natives[WORLD_ITEMS_MAX];
    struct {
        const char *name;
        const void *at;
        size_t size;
    } globals[WORLD_ITEMS_MAX];
    void (*spoil)(wisp_patch_manifest *manifest); /* NULL: it is good */
} world_recipe;

/* The patch of [recipe], whose functions must not be patched at the moment. */
wisp_bytes world_patch(const world_recipe *recipe);
void world_discard(wisp_bytes patch);

/* Makes one instruction of each sled but that of spare(), as the release build of a program has
 * it, which gcc does not. Once, before there are threads. */
void world_merge_sleds(void);

/* Whether the sled of [function] is of several instructions. */
bool world_has_raw_sled(const void *function);

/* wisp_patcher_new and wisp_patcher_apply that must succeed. */
wisp_patcher *world_open(const wisp_patcher_config *config);
void world_apply(wisp_patcher *patcher, wisp_bytes patch);
void world_close(wisp_patcher *patcher);

/* The same of [recipe]. */
void world_apply_recipe(wisp_patcher *patcher, const world_recipe *recipe);

/* A patch of fixes/faults.c, with [grant]. */
world_recipe world_faults(wisp_patch_grant grant);

/* A patch of fixes/script.c, with [grant]. */
world_recipe world_script(wisp_patch_grant grant);

/* The stats of the function called [name], which must be patched. */
wisp_patch_stats world_stats(wisp_patcher *patcher, const char *name);

#endif
