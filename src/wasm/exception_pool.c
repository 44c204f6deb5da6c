#include "wasm/exception_pool.h"

#include <string.h>

#include "wasm/runtime.h"
#include "wasm/types.h"

enum { BUCKETS_MIN = 64, SIZE_NEXT_MIN = 16 * 1024 };

uint32_t wisp_tag_slots(const wisp_tag *tag)
{
    return wisp_valtypes_slots(tag->functype->params, tag->functype->param_count);
}

static size_t size_of(const wisp_exception *e)
{
    return sizeof *e + wisp_tag_slots(e->tag) * sizeof *e->values;
}

void wisp_exception_unpack(const wisp_exception *e, wisp_slot *slots)
{
    uint32_t count = wisp_tag_slots(e->tag);
    if (count)
        memcpy(slots, e->values, count * sizeof *slots);
}

/* ------------------------------------------------------------------ by address */

static wisp_exception **bucket_of(const wisp_exception_pool *pool, const void *address)
{
    uintptr_t hash = (uintptr_t)address / sizeof(wisp_slot);
    return &pool->buckets[(hash ^ hash >> 9) % pool->bucket_count];
}

static void insert(wisp_exception_pool *pool, wisp_exception *e)
{
    wisp_exception **bucket = bucket_of(pool, e);
    e->next = *bucket;
    *bucket = e;
}

/* Makes room for more; without memory for that the buckets just get fuller. False if there are
 * none at all. */
static bool grow_buckets(wisp_store *store)
{
    wisp_exception_pool *pool = &store->exceptions, old = *pool;
    if (pool->len < pool->bucket_count)
        return true;
    size_t count = old.bucket_count ? old.bucket_count * 2 : BUCKETS_MIN;
    wisp_exception **buckets = wisp_alloc(store->allocator, count, sizeof(wisp_exception *));
    if (!buckets)
        return pool->bucket_count != 0;
    pool->buckets = buckets;
    pool->bucket_count = count;
    for (size_t i = 0; i < old.bucket_count; i++) {
        for (wisp_exception *e = old.buckets[i], *next; e; e = next) {
            next = e->next;
            insert(pool, e);
        }
    }
    wisp_free(store->allocator, old.buckets, old.bucket_count * sizeof(wisp_exception *));
    return true;
}

/* ------------------------------------------------------------------ what is in use */

static wisp_exception *use(wisp_exception *grey, wisp_exception *e)
{
    if (!e || e->is_used)
        return grey;
    e->is_used = true;
    e->next_grey = grey;
    return e;
}

/* The same for what may be a reference, or anything else. */
static wisp_exception *use_slot(const wisp_exception_pool *pool, wisp_exception *grey,
                                const wisp_slot *slot)
{
    wisp_exception *e = *bucket_of(pool, slot->ptr);
    while (e && e != slot->ptr)
        e = e->next;
    return use(grey, e);
}

static wisp_exception *use_globals(const wisp_store *store, wisp_exception *grey)
{
    for (const wisp_global *global = store->exception_globals; global; global = global->next)
        grey = use(grey, global->value->ref);
    return grey;
}

static wisp_exception *use_tables(const wisp_store *store, wisp_exception *grey)
{
    for (const wisp_table *table = store->tables; table; table = table->next)
        for (uint64_t i = 0; wisp_valtype_is_exn(table->type.element) && i < table->size; i++)
            grey = use(grey, table->elements[i]);
    return grey;
}

static wisp_exception *use_held(const wisp_exception_pool *pool, wisp_exception *grey)
{
    for (size_t i = 0; i < pool->bucket_count; i++)
        for (wisp_exception *e = pool->buckets[i]; e; e = e->next)
            if (e->holds)
                grey = use(grey, e);
    return grey;
}

/* What the values of [e] refer to. */
static wisp_exception *use_values(wisp_exception *grey, const wisp_exception *e)
{
    const wisp_functype *type = e->tag->functype;
    const wisp_slot *value = e->values;
    for (uint32_t i = 0; i < type->param_count; i++) {
        if (wisp_valtype_is_exn(type->params[i]))
            grey = use(grey, value->ref);
        value += wisp_valtype_slots(type->params[i]);
    }
    return grey;
}

static void use_all(const wisp_store *store, const wisp_slot *top)
{
    const wisp_exception_pool *pool = &store->exceptions;
    wisp_exception *grey = use(use(NULL, pool->thrown), pool->uncaught);
    for (const wisp_slot *slot = store->stack; slot < top; slot++)
        grey = use_slot(pool, grey, slot);
    grey = use_globals(store, grey);
    grey = use_tables(store, grey);
    grey = use_held(pool, grey);
    while (grey) {
        const wisp_exception *e = grey;
        grey = use_values(e->next_grey, e);
    }
}

/* ------------------------------------------------------------------ freeing */

static void free_one(wisp_store *store, wisp_exception *e)
{
    store->exceptions.size -= size_of(e);
    store->exceptions.len--;
    wisp_free(store->allocator, e, size_of(e));
}

/* Frees what is not in use, and forgets what is. */
static void sweep(wisp_store *store)
{
    wisp_exception_pool *pool = &store->exceptions;
    for (size_t i = 0; i < pool->bucket_count; i++) {
        for (wisp_exception **at = &pool->buckets[i]; *at;) {
            wisp_exception *e = *at;
            if (e->is_used) {
                e->is_used = false;
                at = &e->next;
            } else {
                *at = e->next;
                free_one(store, e);
            }
        }
    }
}

static void collect(wisp_store *store, const wisp_slot *top)
{
    wisp_exception_pool *pool = &store->exceptions;
    if (pool->len == 0)
        return;
    use_all(store, top);
    sweep(store);
    pool->size_next = pool->size * 2 > SIZE_NEXT_MIN ? pool->size * 2 : SIZE_NEXT_MIN;
}

void wisp_exceptions_free(wisp_store *store)
{
    wisp_exception_pool *pool = &store->exceptions;
    sweep(store);
    wisp_free(store->allocator, pool->buckets, pool->bucket_count * sizeof(wisp_exception *));
}

/* ------------------------------------------------------------------ making */

wisp_exception *wisp_exception_make(wisp_tag *tag, const wisp_slot *top)
{
    wisp_store *store = tag->store;
    wisp_exception_pool *pool = &store->exceptions;
    size_t size = sizeof(wisp_exception) + wisp_tag_slots(tag) * sizeof(wisp_slot);
    if (pool->size + size > pool->size_next || pool->size + size > pool->size_max)
        collect(store, top);
    if (pool->size + size > pool->size_max || !grow_buckets(store))
        return NULL;
    wisp_exception *e = wisp_alloc(store->allocator, 1, size);
    if (!e)
        return NULL;
    e->tag = tag;
    pool->size += size;
    pool->len++;
    insert(pool, e);
    return e;
}
