#ifndef WISP_PATCH_LINEAR_H
#define WISP_PATCH_LINEAR_H

#include <wisp/wasm.h>

/*
 * The linear memory of a patch. Addresses below its size are in it, all others are the program's,
 * so it must end below everything that the program has: at 4 MiB, where executables that are not
 * position-independent begin, or lower.
 *
 * A module that imports a shared memory has that one for all threads, so that its variables are
 * shared as those of C are. It must export its __stack_pointer, for each thread has a stack of
 * its own, above what the module itself asked for:
 *
 *     | 4096 | the module's data and what it has as a stack | … stack 1 | fence | stack 0 |
 *     0                                        its minimum of pages                        size
 *
 * Any other module has a memory for each thread.
 */
enum {
    WISP_PATCH_LINEAR_MAX = 4 * 1024 * 1024, /* bytes */
    WISP_PATCH_C_STACK_SIZE = 32 * 1024,     /* of one thread, fence included */
    WISP_PATCH_FENCE_SIZE = 64
};

typedef struct wisp_patch_linear {
    wisp_shared_memory *shared; /* NULL: each thread has its own */
    wisp_memory_type type;      /* of what each has, if it is imported */
    wisp_valtype address;       /* WISP_I32 or WISP_I64 */
    uint64_t size_max;          /* bytes, of any memory */
    uint64_t stacks_end;        /* shared: its size */
    uint32_t seat_count;        /* how many threads have room */
} wisp_patch_linear;

/*
 * Looks at what memory [module] has and makes it if it is shared, with stacks for [seat_count]
 * threads or as many as there is room for. WISP_UNSUPPORTED for a memory that a patch cannot
 * have, WISP_LIMIT for one that is too large, WISP_NO_MEMORY.
 */
wisp_status wisp_patch_linear_make(const wisp_module *module, uint32_t seat_count,
                                   wisp_patch_linear *out, wisp_error *err);
void wisp_patch_linear_deinit(wisp_patch_linear *linear);

/* Where the stack of [seat] begins, which grows down, and where it must not get to. */
uint64_t wisp_patch_linear_stack(const wisp_patch_linear *linear, uint32_t seat);
uint64_t wisp_patch_linear_stack_limit(const wisp_patch_linear *linear, uint32_t seat);

#endif
