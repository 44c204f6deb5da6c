#include "capi/object.h"

#include <stdlib.h>

#include "capi/trap.h"

/* ------------------------------------------------------------------ config and engine */

wasm_config_t *wasm_config_new(void)
{
    return calloc(1, sizeof(wasm_config_t));
}

void wasm_config_delete(wasm_config_t *config)
{
    free(config);
}

void wisp_wasm_config_set_store(wasm_config_t *config, const wisp_store_config *limits)
{
    config->store = *limits;
}

void wisp_wasm_config_deny(wasm_config_t *config, uint32_t features)
{
    config->module.deny = features;
}

wasm_engine_t *wasm_engine_new_with_config(wasm_config_t *config)
{
    wasm_engine_t *engine = config ? calloc(1, sizeof *engine) : NULL;
    if (engine)
        engine->config = *config;
    wasm_config_delete(config);
    return engine;
}

wasm_engine_t *wasm_engine_new(void)
{
    return wasm_engine_new_with_config(wasm_config_new());
}

void wasm_engine_delete(wasm_engine_t *engine)
{
    free(engine);
}

/* ------------------------------------------------------------------ stores */

static void finalize(wasm_ref_t *ref)
{
    if (ref->finalizer)
        ref->finalizer(ref->host_info);
    ref->finalizer = NULL;
    if (ref->kind == CAPI_ENV && ref->of.env.finalizer)
        ref->of.env.finalizer(ref->of.env.env);
}

static void free_object(wasm_ref_t *ref)
{
    if (ref->kind == CAPI_CODE || ref->kind == CAPI_MODULE)
        capi_code_release(ref->of.code);
    if (ref->kind == CAPI_TRAP)
        wasm_byte_vec_delete(&ref->of.trap.message);
    free(ref);
}

/* All finalizers run while everything is still there. */
static void free_store(wasm_store_t *store)
{
    for (size_t i = 0; i < store->bucket_count; i++)
        for (wasm_ref_t *ref = store->buckets[i]; ref; ref = ref->next)
            finalize(ref);
    wisp_store_free(store->store); /* before the modules that its instances are of */
    for (size_t i = 0; i < store->bucket_count; i++)
        for (wasm_ref_t *ref = store->buckets[i], *next; ref; ref = next) {
            next = ref->next;
            free_object(ref);
        }
    free(store->buckets);
    free(store);
}

static void release_store(wasm_store_t *store)
{
    if (--store->handles == 0)
        free_store(store);
}

/* The trap for when there is no memory for one: it is the store's, and so has no handle. */
static bool prepare_trap(wasm_store_t *store)
{
    store->no_memory = capi_object_new(store, CAPI_TRAP, NULL);
    if (!store->no_memory)
        return false;
    store->no_memory->is_lasting = true;
    capi_ref_release(store->no_memory);
    wasm_name_new_from_string_nt(&store->no_memory->of.trap.message, "out of memory");
    return store->no_memory->of.trap.message.data != NULL;
}

wasm_store_t *wasm_store_new(wasm_engine_t *engine)
{
    wasm_store_t *store = calloc(1, sizeof *store);
    if (!store)
        return NULL;
    store->handles = 1;
    store->module_config = engine->config.module;
    if (wisp_store_new(&engine->config.store, &store->store, NULL) == WISP_OK &&
        prepare_trap(store))
        return store;
    free_store(store);
    return NULL;
}

void wasm_store_delete(wasm_store_t *store)
{
    if (!store)
        return;
    capi_ref_release(store->trap);
    store->trap = NULL;
    release_store(store);
}

wisp_store *wisp_wasm_store(wasm_store_t *store)
{
    return store->store;
}

/* ------------------------------------------------------------------ objects */

static wasm_ref_t **bucket_of(const wasm_store_t *store, const void *key)
{
    uint64_t hash = (uint64_t)(uintptr_t)key * 0x9e3779b97f4a7c15u;
    return &store->buckets[(hash >> 32) & (store->bucket_count - 1)];
}

/* As many buckets as objects, a power of two. Without memory for more the old must do. */
static bool grow(wasm_store_t *store)
{
    if (store->object_count < store->bucket_count)
        return true;
    size_t old_count = store->bucket_count;
    wasm_ref_t **old = store->buckets;
    size_t count = old_count ? old_count * 2 : 16;
    wasm_ref_t **buckets = calloc(count, sizeof *buckets);
    if (!buckets)
        return old_count > 0;
    store->buckets = buckets;
    store->bucket_count = count;
    for (size_t i = 0; i < old_count; i++)
        for (wasm_ref_t *ref = old[i], *next; ref; ref = next) {
            next = ref->next;
            wasm_ref_t **bucket = bucket_of(store, ref->key);
            ref->next = *bucket;
            *bucket = ref;
        }
    free(old);
    return true;
}

wasm_ref_t *capi_object_new(wasm_store_t *store, capi_kind kind, const void *key)
{
    wasm_ref_t *ref = grow(store) ? calloc(1, sizeof *ref) : NULL;
    if (!ref)
        return NULL;
    ref->key = key ? key : ref;
    ref->store = store;
    ref->kind = kind;
    wasm_ref_t **bucket = bucket_of(store, ref->key);
    ref->next = *bucket;
    *bucket = ref;
    store->object_count++;
    return capi_ref_copy(ref);
}

wasm_ref_t *capi_object_find(const wasm_store_t *store, const void *key)
{
    wasm_ref_t *ref = store->bucket_count ? *bucket_of(store, key) : NULL;
    while (ref && ref->key != key)
        ref = ref->next;
    return ref;
}

wasm_ref_t *capi_object_get(wasm_store_t *store, capi_kind kind, void *key)
{
    wasm_ref_t *ref = capi_object_find(store, key);
    return ref ? capi_ref_copy(ref) : capi_object_new(store, kind, key);
}

static void remove_object(wasm_ref_t *ref)
{
    wasm_store_t *store = ref->store;
    wasm_ref_t **at = bucket_of(store, ref->key);
    while (*at != ref)
        at = &(*at)->next;
    *at = ref->next;
    store->object_count--;
    finalize(ref);
    free_object(ref);
}

/* ------------------------------------------------------------------ handles */

wasm_ref_t *capi_ref_copy(const void *handle)
{
    wasm_ref_t *ref = capi_ref(handle);
    if (ref) {
        ref->handles++;
        ref->store->handles++;
    }
    return ref;
}

void capi_ref_release(const void *handle)
{
    wasm_ref_t *ref = capi_ref(handle);
    if (!ref)
        return;
    wasm_store_t *store = ref->store;
    if (--ref->handles == 0 && !ref->is_lasting) {
        if (ref->kind == CAPI_TRAP)
            wasm_frame_vec_delete(&ref->of.trap.frames);
        remove_object(ref);
    }
    release_store(store);
}

/* Instances, functions and the like can be reached by modules as long as the store lives, and
 * their host info with them. */
static void set_host_info(wasm_ref_t *ref, void *info, void (*finalizer)(void *))
{
    if (ref->finalizer)
        ref->finalizer(ref->host_info);
    ref->host_info = info;
    ref->finalizer = finalizer;
    if (ref->kind <= CAPI_INSTANCE)
        ref->is_lasting = true;
}

#define X(name)                                                                                  \
    void wasm_##name##_delete(wasm_##name##_t *handle)                                           \
    {                                                                                            \
        capi_ref_release(handle);                                                                \
    }                                                                                            \
    wasm_##name##_t *wasm_##name##_copy(const wasm_##name##_t *handle)                           \
    {                                                                                            \
        return (wasm_##name##_t *)capi_ref_copy(handle);                                         \
    }                                                                                            \
    bool wasm_##name##_same(const wasm_##name##_t *a, const wasm_##name##_t *b)                  \
    {                                                                                            \
        return a == b;                                                                           \
    }                                                                                            \
    void *wasm_##name##_get_host_info(const wasm_##name##_t *handle)                             \
    {                                                                                            \
        return capi_ref(handle)->host_info;                                                      \
    }                                                                                            \
    void wasm_##name##_set_host_info(wasm_##name##_t *handle, void *info)                        \
    {                                                                                            \
        set_host_info(capi_ref(handle), info, NULL);                                             \
    }                                                                                            \
    void wasm_##name##_set_host_info_with_finalizer(wasm_##name##_t *handle, void *info,         \
                                                    void (*finalizer)(void *))                   \
    {                                                                                            \
        set_host_info(capi_ref(handle), info, finalizer);                                        \
    }
X(ref)
X(trap)
X(foreign)
X(module)
X(func)
X(global)
X(table)
X(memory)
X(extern)
X(instance)
#undef X

/* ------------------------------------------------------------------ conversions */

static bool is_extern(const void *handle)
{
    return handle && capi_ref(handle)->kind <= CAPI_MEMORY;
}

/* [handle] of any kind as a [to], if [condition] holds, else NULL. */
#define CONVERT(from, to, condition)                                                             \
    wasm_##to##_t *wasm_##from##_as_##to(wasm_##from##_t *handle)                                \
    {                                                                                            \
        return condition ? (wasm_##to##_t *)capi_ref(handle) : NULL;                             \
    }                                                                                            \
    const wasm_##to##_t *wasm_##from##_as_##to##_const(const wasm_##from##_t *handle)            \
    {                                                                                            \
        return condition ? (const wasm_##to##_t *)capi_ref(handle) : NULL;                       \
    }

#define X(name, kind)                                                                            \
    CONVERT(name, ref, true)                                                                     \
    CONVERT(ref, name, capi_is(handle, kind))
X(trap, CAPI_TRAP)
X(foreign, CAPI_FOREIGN)
X(module, CAPI_MODULE)
X(func, CAPI_FUNC)
X(global, CAPI_GLOBAL)
X(table, CAPI_TABLE)
X(memory, CAPI_MEMORY)
X(instance, CAPI_INSTANCE)
#undef X
CONVERT(extern, ref, true)
CONVERT(ref, extern, is_extern(handle))

#define X(name, kind)                                                                            \
    CONVERT(name, extern, true)                                                                  \
    CONVERT(extern, name, capi_is(handle, kind))
X(func, CAPI_FUNC)
X(global, CAPI_GLOBAL)
X(table, CAPI_TABLE)
X(memory, CAPI_MEMORY)
#undef X

wasm_foreign_t *wasm_foreign_new(wasm_store_t *store)
{
    return (wasm_foreign_t *)capi_object_new(store, CAPI_FOREIGN, NULL);
}
