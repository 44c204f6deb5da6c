#include "bind/binding.h"

#include <string.h>

#include "base/error.h"

/* Memory of the module's in which the program lends it texts and structs. */

enum { BLOCK_SIZE = 4096, LENT_ALIGNMENT = 16, KNOWN_ROOM_MIN = 64 };

static void pool_deinit(lent_pool *pool, const wisp_allocator *allocator)
{
    wisp_free(allocator, pool->blocks, pool->room * sizeof *pool->blocks);
}

void lent_deinit(lent *l, const wisp_allocator *allocator)
{
    pool_deinit(&l->for_good, allocator);
    pool_deinit(&l->event, allocator);
    pool_deinit(&l->callbacks, allocator);
    wisp_free(allocator, l->known, l->known_room * sizeof *l->known);
}

uint32_t lent_mark(const lent_pool *pool)
{
    uint32_t used = 0;
    for (size_t i = 0; i < pool->len; i++)
        used += pool->blocks[i].used;
    return used;
}

void lent_reset(lent_pool *pool, uint32_t mark)
{
    uint32_t used = lent_mark(pool);
    for (size_t i = pool->len; i-- > 0 && used > mark;) {
        uint32_t more = used - mark, taken = pool->blocks[i].used;
        pool->blocks[i].used -= more < taken ? more : taken;
        used -= taken - pool->blocks[i].used;
    }
}

void wisp_bind_reset(wisp_bind *bind)
{
    lent_reset(&bind->lent.event, 0);
}

/* ------------------------------------------------------------------ blocks */

/* Asks the module for [size] bytes of its memory; 0 after a fault. */
static uint32_t ask(wisp_bind_call *call, uint32_t size)
{
    wisp_bind *bind = call->bind;
    wisp_func *func = wisp_instance_func(bind->instance, "wisp_bind_room");
    wisp_value arg = wisp_i32((int32_t)size), address = wisp_i32(0);
    if (!func) {
        wisp_bind_fail(call, "wisp_bind_room", "is not exported by the module");
        return 0;
    }
    call->status = wisp_call(func, &arg, 1, &address, 1, call->err);
    uint32_t at = (uint32_t)address.of.i32;
    if (!call->status &&
        (at == 0 || at % LENT_ALIGNMENT != 0 || !wisp_memory_at(bind->memory, at, size)))
        wisp_bind_fail(call, "wisp_bind_room", "has no %u bytes for what is lent to the module",
                       size);
    return call->status ? 0 : at;
}

static lent_block *add_block(wisp_bind_call *call, lent_pool *pool, uint32_t size)
{
    wisp_bind *bind = call->bind;
    uint32_t left = bind->config.lent_max - bind->lent.size;
    uint32_t wanted = size < BLOCK_SIZE ? BLOCK_SIZE : size;
    if (wanted > left)
        wanted = left;
    if (size > wanted) {
        wisp_bind_fail(call, "lent_max", "is %u bytes, of which %u are lent, and %u are needed",
                       bind->config.lent_max, bind->lent.size, size);
        return NULL;
    }
    if (!wisp_array_reserve(bind->allocator, &pool->blocks, &pool->room, pool->len + 1,
                            sizeof *pool->blocks)) {
        call->status = wisp_fail_memory(call->err, sizeof *pool->blocks);
        return NULL;
    }
    uint32_t address = ask(call, wanted);
    if (!address)
        return NULL;
    bind->lent.size += wanted;
    pool->blocks[pool->len] = (lent_block){address, wanted, 0};
    return &pool->blocks[pool->len++];
}

/* The last block in use is filled first: so that a mark tells which were in use. */
static lent_block *find_block(wisp_bind_call *call, lent_pool *pool, uint32_t size)
{
    size_t first = pool->len;
    while (first > 0 && pool->blocks[first - 1].used == 0)
        first--;
    for (size_t i = first ? first - 1 : 0; i < pool->len; i++)
        if (pool->blocks[i].size - pool->blocks[i].used >= size)
            return &pool->blocks[i];
    return add_block(call, pool, size);
}

/* Room for [size] bytes, of which there are lent_max at the most. */
static uint32_t lend(wisp_bind_call *call, const char *what, lent_pool *pool, uint64_t size)
{
    uint64_t whole =
        (wisp_bind_sum(size ? size : 1, LENT_ALIGNMENT - 1)) & ~(uint64_t)(LENT_ALIGNMENT - 1);
    if (call->status)
        return 0;
    if (whole > call->bind->config.lent_max) {
        wisp_bind_fail(call, what, "is %llu bytes, more than the %u of lent_max",
                       (unsigned long long)size, call->bind->config.lent_max);
        return 0;
    }
    lent_block *block = find_block(call, pool, (uint32_t)whole);
    if (!block)
        return 0;
    uint32_t address = block->address + block->used;
    block->used += (uint32_t)whole;
    return address;
}

/* ------------------------------------------------------------------ what is lent for good */

/* FNV-1a */
static uint64_t hash_of(const uint8_t *bytes, size_t size)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    return hash;
}

/* The place of the bytes among those that are known, or the free one where they belong. The
 * module may have changed what it was lent: then it gets the bytes anew. */
static lent_bytes *find_known(wisp_bind *bind, uint64_t hash, const void *bytes, uint32_t size)
{
    lent *l = &bind->lent;
    size_t at = (size_t)hash & (l->known_room - 1);
    for (;; at = (at + 1) & (l->known_room - 1)) {
        lent_bytes *known = &l->known[at];
        if (known->size == 0)
            return known;
        if (known->hash != hash || known->size != size)
            continue;
        const uint8_t *there = wisp_memory_at(bind->memory, known->address, size);
        if (there && memcmp(there, bytes, size) == 0)
            return known;
    }
}

static bool grow_known(wisp_bind *bind)
{
    lent *l = &bind->lent;
    const lent old = *l;
    if (l->known_len < l->known_room / 2)
        return true;
    l->known_room = old.known_room ? old.known_room * 2 : KNOWN_ROOM_MIN;
    l->known = wisp_alloc(bind->allocator, l->known_room, sizeof *l->known);
    if (!l->known) {
        l->known = old.known;
        l->known_room = old.known_room;
        return false;
    }
    for (size_t i = 0; i < old.known_room; i++) {
        size_t at = (size_t)old.known[i].hash & (l->known_room - 1);
        while (l->known[at].size)
            at = (at + 1) & (l->known_room - 1);
        if (old.known[i].size)
            l->known[at] = old.known[i];
    }
    wisp_free(bind->allocator, old.known, old.known_room * sizeof *old.known);
    return true;
}

static uint32_t lend_for_good(wisp_bind_call *call, const char *what, const void *bytes,
                              uint32_t size)
{
    wisp_bind *bind = call->bind;
    uint64_t hash = hash_of(bytes, size);
    if (!grow_known(bind)) {
        call->status = wisp_fail_memory(call->err, bind->lent.known_room * sizeof(lent_bytes));
        return 0;
    }
    lent_bytes *known = find_known(bind, hash, bytes, size);
    if (known->size)
        return known->address;
    uint32_t address = lend(call, what, &bind->lent.for_good, size);
    wisp_bind_store(call, what, address, bytes, size, 1);
    if (call->status)
        return 0;
    *known = (lent_bytes){hash, address, size};
    bind->lent.known_len++;
    return address;
}

/* ------------------------------------------------------------------ lending */

/* What a callback is lent ends with it, unless it is kept for later. */
static lent_pool *pool_of(wisp_bind_call *call)
{
    wisp_bind *bind = call->bind;
    bool is_kept = bind->config.enter && call->ticket && call->ticket->life != WISP_BIND_SCOPE;
    return call->is_callback && !is_kept ? &bind->lent.callbacks : &bind->lent.event;
}

uint32_t wisp_bind_lend_bytes(wisp_bind_call *call, const char *what, const void *bytes,
                              uint64_t count, uint32_t size, bool for_good)
{
    uint64_t total = wisp_bind_product(count, size);
    if (!bytes || call->status)
        return 0;
    if (for_good && total > 0 && total <= call->bind->config.lent_max)
        return lend_for_good(call, what, bytes, (uint32_t)total);
    uint32_t address = lend(call, what, pool_of(call), total);
    wisp_bind_store(call, what, address, bytes, count, size);
    return call->status ? 0 : address;
}

uint32_t wisp_bind_lend_text(wisp_bind_call *call, const char *what, const char *text,
                             bool for_good)
{
    return wisp_bind_lend_bytes(call, what, text, text ? strlen(text) + 1 : 0, 1, for_good);
}
