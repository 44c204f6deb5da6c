#include "wasm/access.h"

#include "wasm/interp.h"
#include "wasm/outside.h"

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

static wisp_trap_code load(wisp_exec *x, const wisp_slot *address, const uint16_t *memarg,
                           size_t size, uint64_t *out)
{
    if (wisp_outside_of(x))
        return wisp_outside_of(x)->load(x, address, memarg, size, out);
    const wisp_memory *memory = x->instance->memories[wisp_unit32(memarg)];
    const uint8_t *from = wisp_access(x, address, memarg, size);
    if (!from)
        return WISP_TRAP_MEMORY;
    *out = wisp_memory_is_shared(memory) ? wisp_relaxed_get(from, size) : get(from, size);
    return WISP_TRAP_NONE;
}

/* What each load and store does, by its code: how many bytes it accesses, and whether the number
 * that they become has a sign, and 64 bits. */
enum { SIZES = 0x0f, HAS_SIGN = 0x10, IS_64 = 0x20, FIRST = WISP_CODE_I32_LOAD };

#define HOW(name, field, stored, extended)                                                       \
    [WISP_CODE_##name - FIRST] = sizeof(stored) | ((int64_t)(extended)-1 == -1 ? HAS_SIGN : 0) | \
                                 (sizeof(TYPE_##field) == sizeof(uint64_t) ? IS_64 : 0),
/* clang-format off */
static const uint8_t hows[] = {
#define X(name, out, stored, extended) HOW(name, out, stored, extended)
    WISP_CODE_LOAD(X)
#undef X
#define X(name, in, stored) HOW(name, in, stored, stored)
    WISP_CODE_STORE(X)
#undef X
};
/* clang-format on */

/* What the instruction at [pc] does. */
static uint32_t how_of(const uint16_t *pc)
{
    uint32_t code = pc[3 + WISP_UNITS_MEMARG] & ~(uint32_t)WISP_ACCESS_UPPER_HALF;
    return hows[code - FIRST];
}

wisp_trap_code wisp_slow_load_any(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    uint32_t how = how_of(pc), size = how & SIZES;
    uint64_t bits;
    wisp_trap_code trap = load(x, &fp[pc[2]], pc + 3, size, &bits);
    if (trap)
        return trap;
    uint32_t unused = 64 - 8 * size;
    if (how & HAS_SIGN)
        bits = (uint64_t)((int64_t)(bits << unused) >> unused);
    wisp_slot_set_index(&fp[pc[1]], how & IS_64, bits);
    return WISP_TRAP_NONE;
}

static wisp_trap_code store(wisp_exec *x, const wisp_slot *address, const uint16_t *memarg,
                            size_t size, uint64_t value)
{
    if (wisp_outside_of(x))
        return wisp_outside_of(x)->store(x, address, memarg, size, value);
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
    uint32_t how = how_of(pc);
    return store(x, &fp[pc[1]], pc + 3, how & SIZES, wisp_slot_index(&fp[pc[2]], how & IS_64));
}
