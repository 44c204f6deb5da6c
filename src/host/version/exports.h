#ifndef WISP_HOST_EXPORTS_H
#define WISP_HOST_EXPORTS_H

#include "host/measure/heap.h"
#include "host/version/state_region.h"

#include <wisp/wasm.h>

/*
 * The functions of a module that the host enters: what they are called, how many i32 they
 * take and give, and whether a module must have them. docs/host.md says what each is for.
 */
#define WISP_FUNCS(X)                                                                            \
    X(VERSION, "wisp_version", 0, 1, true)                                                       \
    X(START, "wisp_start", 0, 1, true)                                                           \
    X(MESSAGE, "wisp_message", 3, 0, false)                                                      \
    X(EVENT, "wisp_event", 4, 0, false)                                                          \
    X(STOP, "wisp_stop", 0, 0, false)                                                            \
    X(BUFFER, "wisp_buffer", 1, 1, false)                                                        \
    X(SAVE, "wisp_save", 0, 0, false)                                                            \
    X(RESTORE, "wisp_restore", 3, 1, false)

typedef enum wisp_func_id {
#define X(id, name, params, results, is_required) WISP_FUNC_##id,
    WISP_FUNCS(X)
#undef X
        WISP_FUNC_COUNT
} wisp_func_id;

#define WISP_EXPORT_MEMORY "memory"
/* As wasm-ld calls them. */
#define WISP_EXPORT_TABLE         "__indirect_function_table"
#define WISP_EXPORT_STACK_POINTER "__stack_pointer"

/* The exports of one instance that the host uses. */
typedef struct wisp_exports {
    wisp_memory *memory;
    wisp_table *table; /* of the functions that it hands out; NULL if it exports none */
    wisp_func *funcs[WISP_FUNC_COUNT]; /* NULL for an optional one that is not there */
    wisp_global *stack_pointer;        /* of compiled C; NULL if it is not exported */
    wisp_state_region state;
    wisp_heap heap;
} wisp_exports;

/*
 * Checks that [module] exports what it must, and nothing under these names with another
 * type. WISP_NOT_FOUND or WISP_MISMATCH; the text names the export.
 */
wisp_status wisp_exports_check(const wisp_module *module, wisp_error *err);

/* Bytes of memory that an instance of [module] begins with; 0 without one. */
uint64_t wisp_exports_memory_size(const wisp_module *module);

/* Looks them up in an instance of a module that was checked. WISP_MISMATCH for a state region
 * outside of its memory. */
wisp_status wisp_exports_find(const wisp_instance *instance, wisp_exports *out, wisp_error *err);

/* Whether [type] takes [params] i32 and gives [results] i32. */
bool wisp_functype_is_i32(const wisp_functype *type, uint32_t params, uint32_t results);

#endif
