#ifndef WISP_CAPI_OBJECT_H
#define WISP_CAPI_OBJECT_H

#include <stdatomic.h>

#include <wisp/capi.h>

#include "capi/type.h"

/* Stores, and what is in them. A handle is a pointer to its object, counted. */

typedef enum capi_kind {
    CAPI_FUNC,
    CAPI_GLOBAL,
    CAPI_TABLE,
    CAPI_MEMORY,
    CAPI_INSTANCE,
    CAPI_MODULE,
    CAPI_TRAP,
    CAPI_FOREIGN,
    CAPI_CODE, /* keeps a module for the instances of it; no handle is ever given out */
    CAPI_ENV   /* keeps what a function of the program's needs; likewise */
} capi_kind;

/* A loaded module, which any number of stores share. */
typedef struct capi_code {
    atomic_size_t users;
    wasm_byte_vec_t bytes;
    wisp_module *module;
} capi_code;

void capi_code_release(capi_code *code);

struct wasm_frame_t {
    wasm_ref_t *instance; /* a handle */
    uint32_t func_index;
    size_t func_offset, module_offset;
};

typedef struct capi_env {
    wasm_store_t *store;
    size_t param_count, result_count;
    wasm_func_callback_t callback; /* or … */
    wasm_func_callback_with_env_t callback_with_env;
    void *env;
    void (*finalizer)(void *);
} capi_env;

typedef struct capi_trap {
    wasm_byte_vec_t message; /* with its NUL */
    wasm_frame_vec_t frames;
} capi_trap;

struct wasm_ref_t {
    wasm_ref_t *next; /* of the same bucket */
    const void *key;  /* what it is in Wisp, or itself */
    wasm_store_t *store;
    capi_kind kind;
    bool is_lasting; /* it goes with the store, not with its last handle */
    size_t handles;
    void *host_info;
    void (*finalizer)(void *);
    union {
        wisp_func *func;
        wisp_global *global;
        wisp_table *table;
        wisp_memory *memory;
        wisp_instance *instance;
        capi_code *code;
        capi_trap trap;
        capi_env env;
    } of;
};

struct wasm_config_t {
    wisp_store_config store;
    wisp_module_config module;
};

struct wasm_engine_t {
    wasm_config_t config;
};

struct wasm_store_t {
    wisp_store *store;
    wisp_module_config module_config;
    size_t handles; /* its own, and those of its objects */
    wasm_ref_t **buckets;
    size_t bucket_count, object_count;
    wasm_ref_t *no_memory; /* the trap that needs none */
    wasm_trap_t *trap;     /* what a function of the program's returned, on its way out */
};

/* The object behind any handle. */
static inline wasm_ref_t *capi_ref(const void *handle)
{
    return (wasm_ref_t *)(uintptr_t)handle;
}

static inline bool capi_is(const void *handle, capi_kind kind)
{
    return handle && capi_ref(handle)->kind == kind;
}

/* A new object that is known by [key], or by itself for NULL, with one handle; NULL without
 * memory. */
wasm_ref_t *capi_object_new(wasm_store_t *store, capi_kind kind, const void *key);

/* A handle to the object that is known by [key]; made if there is none, NULL without memory. The
 * caller fills in what it is. */
wasm_ref_t *capi_object_get(wasm_store_t *store, capi_kind kind, void *key);

/* The same if there is one, without a handle. */
wasm_ref_t *capi_object_find(const wasm_store_t *store, const void *key);

/* One handle more. NULL is fine. */
wasm_ref_t *capi_ref_copy(const void *handle);

/* One handle less. NULL is fine. */
void capi_ref_release(const void *handle);

/* A handle to what [item] is; NULL for kinds that the interface does not know, or without
 * memory (extern.c). */
wasm_ref_t *capi_extern_get(wasm_store_t *store, const wisp_extern *item);

/* What [handle] to one of the four kinds is in Wisp (extern.c). */
wisp_extern capi_extern_to_wisp(const void *handle);

/* Whether the interface knows things of [kind]. */
static inline bool capi_is_extern(wisp_extern_kind kind)
{
    return kind <= WISP_EXTERN_GLOBAL;
}

/* [func] of [store] as a handle (func.c). */
wasm_ref_t *capi_func_get(wasm_store_t *store, wisp_func *func);

#endif
