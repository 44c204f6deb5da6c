#include "wasm/atomic.h"

#include "wasm/access.h"
#include "wasm/outside.h"
#include "wasm/slow.h"

/*
 * Atomic instructions. All are sequentially consistent; those on memories that are not shared
 * do the same. Whatever the width, a number travels as 64 bits, the upper ones zero.
 */

#define EACH_WIDTH(X)                                                                            \
    X(0, uint8_t, )                                                                              \
    X(1, uint16_t, WISP_LE16)                                                                    \
    X(2, uint32_t, WISP_LE32)                                                                    \
    X(3, uint64_t, WISP_LE64)

static uint64_t load(const uint8_t *at, uint32_t width)
{
    switch (width) {
#define X(log2, type, little)                                                                    \
    case log2:                                                                                   \
        return little(__atomic_load_n((const type *)(const void *)at, __ATOMIC_SEQ_CST));
        EACH_WIDTH(X)
#undef X
    }
    return 0;
}

static void store(uint8_t *at, uint32_t width, uint64_t value)
{
    switch (width) {
#define X(log2, type, little)                                                                    \
    case log2:                                                                                   \
        __atomic_store_n((type *)(void *)at, little((type)value), __ATOMIC_SEQ_CST);             \
        break;
        EACH_WIDTH(X)
#undef X
    }
}

/* Stores [value] if [expected] is there; returns what was. */
static uint64_t exchange_if(uint8_t *at, uint32_t width, uint64_t expected, uint64_t value)
{
    switch (width) {
#define X(log2, type, little)                                                                    \
    case log2: {                                                                                 \
        type found = little((type)expected);                                                     \
        __atomic_compare_exchange_n((type *)(void *)at, &found, little((type)value), false,      \
                                    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                         \
        return little(found);                                                                    \
    }
        EACH_WIDTH(X)
#undef X
    }
    return 0;
}

static uint64_t apply(uint32_t operation, uint64_t old, uint64_t value)
{
    switch (operation) {
    case WISP_RMW_ADD:
        return old + value;
    case WISP_RMW_SUB:
        return old - value;
    case WISP_RMW_AND:
        return old & value;
    case WISP_RMW_OR:
        return old | value;
    case WISP_RMW_XOR:
        return old ^ value;
    }
    return value;
}

/* ------------------------------------------------------------------ instructions */

/* What is common to all: where, and how wide. */
typedef struct place {
    uint8_t *at;      /* NULL: outside, at … */
    uint64_t address; /* … this one */
    uint32_t width;   /* log2 of the bytes */
    bool is_64;
    uint32_t operation;
    wisp_memory *memory;
} place;

/* Reads the operands from [memarg] on; [address] is the slot. */
static wisp_trap_code find(wisp_exec *x, const wisp_slot *address, const uint16_t *memarg,
                           place *out)
{
    uint16_t how = memarg[WISP_UNITS_MEMARG];
    out->width = how & 3;
    out->is_64 = how >> 2 & 1;
    out->operation = how >> 3;
    out->memory = x->instance->memories[wisp_unit32(memarg)];
    uint64_t size = (uint64_t)1 << out->width;
    uint64_t effective =
        wisp_slot_index(address, out->memory->type.is_64) + wisp_unit64(memarg + WISP_UNITS_32);
    if (effective % size != 0)
        return WISP_TRAP_UNALIGNED;
    if (wisp_outside_of(x))
        return wisp_outside_of(x)->find(x, address, memarg, (size_t)size, &out->address,
                                        &out->at);
    out->at = wisp_access(x, address, memarg, size);
    return out->at ? WISP_TRAP_NONE : WISP_TRAP_MEMORY;
}

static wisp_trap_code load_at(wisp_exec *x, const place *p, uint64_t *out)
{
    if (!p->at)
        return wisp_outside_of(x)->get(x, p->address, (size_t)1 << p->width, out);
    *out = load(p->at, p->width);
    return WISP_TRAP_NONE;
}

static wisp_trap_code store_at(wisp_exec *x, const place *p, uint64_t value)
{
    if (!p->at)
        return wisp_outside_of(x)->put(x, p->address, (size_t)1 << p->width, value);
    store(p->at, p->width, value);
    return WISP_TRAP_NONE;
}

/* Stores [value] if *[expected] is there; what was there is there afterwards. */
static wisp_trap_code exchange_at(wisp_exec *x, const place *p, uint64_t *expected,
                                  uint64_t value)
{
    if (!p->at)
        return wisp_outside_of(x)->exchange(x, p->address, (size_t)1 << p->width, expected,
                                            value);
    *expected = exchange_if(p->at, p->width, *expected, value);
    return WISP_TRAP_NONE;
}

/* Applies the operation of [p]; *[out] is what was there. */
static wisp_trap_code modify_at(wisp_exec *x, const place *p, uint64_t value, uint64_t *out)
{
    uint64_t old, found;
    wisp_trap_code trap = load_at(x, p, &found);
    do {
        old = found;
        if (!trap)
            trap = exchange_at(x, p, &found, apply(p->operation, old, value));
    } while (!trap && found != old);
    *out = old;
    return trap;
}

static uint64_t get(const place *p, const wisp_slot *slot)
{
    return p->is_64 ? slot->u64 : slot->u32;
}

static void set(const place *p, wisp_slot *slot, uint64_t value)
{
    wisp_slot_set_index(slot, p->is_64, value);
}

wisp_trap_code wisp_slow_atomic_load(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    place p;
    uint64_t value;
    wisp_trap_code trap = find(x, &fp[pc[2]], pc + 3, &p);
    if (!trap)
        trap = load_at(x, &p, &value);
    if (!trap)
        set(&p, &fp[pc[1]], value);
    return trap;
}

wisp_trap_code wisp_slow_atomic_store(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    place p;
    wisp_trap_code trap = find(x, &fp[pc[1]], pc + 3, &p);
    if (!trap)
        trap = store_at(x, &p, get(&p, &fp[pc[2]]));
    return trap;
}

wisp_trap_code wisp_slow_atomic_rmw(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    place p;
    uint64_t old;
    wisp_trap_code trap = find(x, &fp[pc[2]], pc + 4, &p);
    if (!trap)
        trap = modify_at(x, &p, get(&p, &fp[pc[3]]), &old);
    if (!trap)
        set(&p, &fp[pc[1]], old);
    return trap;
}

wisp_trap_code wisp_slow_atomic_cmpxchg(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    place p;
    wisp_trap_code trap = find(x, &fp[pc[2]], pc + 5, &p);
    if (trap)
        return trap;
    uint64_t found = get(&p, &fp[pc[3]]);
    bool can_match = p.width == 3 || found >> (8 << p.width) == 0;
    trap = can_match ? exchange_at(x, &p, &found, get(&p, &fp[pc[4]])) : load_at(x, &p, &found);
    if (!trap)
        set(&p, &fp[pc[1]], found);
    return trap;
}

wisp_trap_code wisp_slow_atomic_fence(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    (void)x, (void)fp, (void)pc;
    atomic_thread_fence(memory_order_seq_cst);
    return WISP_TRAP_NONE;
}

/* ------------------------------------------------------------------ waiting */

/* Nobody waits outside, nor wakes others there. */
static wisp_trap_code find_linear(wisp_exec *x, const wisp_slot *address, const uint16_t *memarg,
                                  place *out)
{
    wisp_trap_code trap = find(x, address, memarg, out);
    return trap || out->at ? trap : wisp_outside_of(x)->refuse(x, out->address);
}

typedef struct waiter {
    const place *where;
    uint64_t expected;
    wisp_store *store;
    wisp_trap_code trap; /* why the wait was broken off, if it was */
} waiter;

static bool is_as_expected(void *user)
{
    const waiter *w = user;
    return load(w->where->at, w->where->width) == w->expected;
}

static bool is_interrupted(void *user)
{
    waiter *w = user;
    w->trap = wisp_store_look(w->store);
    return w->trap != WISP_TRAP_NONE;
}

/* Memory does not move: where a number is tells it from all others. */
static uint64_t key_of(const place *p)
{
    return (uint64_t)(p->at - p->memory->block.data);
}

/* A call into the system takes as long as a thousand instructions, however short the wait. */
enum { WAIT_FUEL = 1024 };

wisp_trap_code wisp_slow_atomic_wait(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    place p;
    wisp_trap_code trap = find_linear(x, &fp[pc[2]], pc + 5, &p);
    if (trap)
        return trap;
    if (!p.memory->shared)
        return WISP_TRAP_NOT_SHARED;
    trap = wisp_store_charge(x->store, WAIT_FUEL);
    if (trap)
        return trap;
    int64_t timeout = fp[pc[4]].i64, longest = x->store->wait_max_ns;
    bool is_cut = longest >= 0 && (timeout < 0 || timeout > longest);
    waiter self = {&p, get(&p, &fp[pc[3]]), x->store, WISP_TRAP_NONE};
    wisp_parking_questions ask = {is_as_expected, is_interrupted, &self};
    wisp_parked parked = wisp_parking_wait(p.memory->shared->parking, key_of(&p),
                                           is_cut ? longest : timeout, &ask);
    if (is_cut && parked == WISP_PARKED_TIMED_OUT)
        return WISP_TRAP_INTERRUPTED;
    fp[pc[1]].u32 = parked; /* woken 0, not equal 1, timed out 2 */
    return self.trap;
}

wisp_trap_code wisp_slow_atomic_notify(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    place p;
    uint32_t count = fp[pc[3]].u32;
    wisp_trap_code trap = find_linear(x, &fp[pc[2]], pc + 4, &p);
    if (!trap)
        fp[pc[1]].u32 = p.memory->shared
                            ? wisp_parking_wake(p.memory->shared->parking, key_of(&p), count)
                            : 0;
    return trap;
}
