#include "wasm/access.h"

#include "wasm/interp.h"

/* Loads and stores that name their memory: one instruction for all, which carries the code of
 * the handler for memory 0 that does the same. */

static uint64_t get(const uint8_t *from, size_t size)
{
    switch (size) {
    case 1:
        return *from;
    case 2:
        return wisp_get_uint16_t(from);
    case 4:
        return wisp_get_uint32_t(from);
    }
    return wisp_get_uint64_t(from);
}

static void put(uint8_t *to, size_t size, uint64_t value)
{
    switch (size) {
    case 1:
        *to = (uint8_t)value;
        return;
    case 2:
        wisp_put_uint16_t(to, (uint16_t)value);
        return;
    case 4:
        wisp_put_uint32_t(to, (uint32_t)value);
        return;
    }
    wisp_put_uint64_t(to, value);
}

static bool load(const wisp_exec *x, const wisp_slot *address, const uint16_t *memarg,
                 size_t size, uint64_t *out)
{
    const wisp_memory *memory = x->instance->memories[wisp_unit32(memarg)];
    const uint8_t *from = wisp_access(x, address, memarg, size);
    if (from)
        *out = wisp_memory_is_shared(memory) ? wisp_relaxed_get(from, size) : get(from, size);
    return from;
}

wisp_trap_code wisp_slow_load_any(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    const wisp_slot *address = &fp[pc[2]];
    uint64_t bits;
    switch (pc[3 + WISP_UNITS_MEMARG]) {
#define X(name, out, stored, extended)                                                           \
    case WISP_CODE_##name:                                                                       \
        if (!load(x, address, pc + 3, sizeof(stored), &bits))                                    \
            return WISP_TRAP_MEMORY;                                                             \
        fp[pc[1]].out = (TYPE_##out)(extended)(stored)bits;                                      \
        break;
        WISP_CODE_LOAD(X)
#undef X
    }
    return WISP_TRAP_NONE;
}

static wisp_trap_code store(const wisp_exec *x, const wisp_slot *address, const uint16_t *memarg,
                            size_t size, uint64_t value)
{
    const wisp_memory *memory = x->instance->memories[wisp_unit32(memarg)];
    uint8_t *to = wisp_access(x, address, memarg, size);
    if (!to)
        return WISP_TRAP_MEMORY;
    if (wisp_memory_is_shared(memory))
        wisp_relaxed_put(to, size, value);
    else
        put(to, size, value);
    return WISP_TRAP_NONE;
}

wisp_trap_code wisp_slow_store_any(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    const wisp_slot *address = &fp[pc[1]], *value = &fp[pc[2]];
    switch (pc[3 + WISP_UNITS_MEMARG]) {
#define X(name, in, stored)                                                                      \
    case WISP_CODE_##name:                                                                       \
        return store(x, address, pc + 3, sizeof(stored), value->in);
        WISP_CODE_STORE(X)
#undef X
    }
    return WISP_TRAP_NONE;
}
