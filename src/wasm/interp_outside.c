#include "wasm/access.h"
#include "wasm/interp_tail.h"
#include "wasm/outside.h"

/*
 * The handlers of loads and stores of modules with outside access, in place of those of the same
 * layout for a memory 0 of 64-bit addresses. All other handlers are those of interp_tail.c, which
 * these jump to and are jumped to by: the head of an instruction says which one it is.
 *
 * The memory has a page at least, of 64 KiB, so that the difference of sizes below is not
 * negative. It may be shared.
 */

/* Whether [size] bytes at [place], behind [start], are outside for sure: of no linear memory
 * however large it is by now. */
static inline bool is_outside(const wisp_store *store, uint64_t start, uint64_t place,
                              size_t size)
{
    return place >= start && place >= store->linear_max && place <= -(uint64_t)size;
}

/* What LOAD_ANY and STORE_ANY have behind their slots. */
typedef struct memarg {
    uint16_t units[WISP_UNITS_MEMARG + 1];
} memarg;

static memarg memarg_of(uint64_t offset)
{
    memarg made = {{0}};
    memcpy(made.units + WISP_UNITS_32, &offset, sizeof offset);
    return made;
}

/* The same for all that is not outside for sure, from or to store->carried. Another store may
 * have made the memory grow. */

__attribute__((noinline)) static wisp_trap_code load_slowly(wisp_exec *x, uint64_t start,
                                                            uint64_t place, size_t size)
{
    wisp_slot base = {.u64 = start};
    memarg at = memarg_of(place - start);
    wisp_exec_reload(x);
    return wisp_outside_of(x)->load(x, &base, at.units, size, &x->store->carried);
}

__attribute__((noinline)) static wisp_trap_code store_slowly(wisp_exec *x, uint64_t start,
                                                             uint64_t place, size_t size)
{
    wisp_slot base = {.u64 = start};
    memarg at = memarg_of(place - start);
    wisp_exec_reload(x);
    return wisp_outside_of(x)->store(x, &base, at.units, size, x->store->carried);
}

__attribute__((noinline)) static wisp_trap_code refuse(wisp_exec *x, uint64_t place)
{
    return wisp_outside_of(x)->refuse(x, place);
}

/* Loads what is at [place] into store->carried, through which numbers go because a function that
 * gives away the address of a variable of its own does not end in a jump. */
static inline wisp_trap_code load_beyond(wisp_exec *x, uint64_t start, uint64_t place,
                                         size_t size)
{
    wisp_store *store = x->store;
    const wisp_outside *outside = &store->outside;
    if (UNLIKELY(!outside->read || !is_outside(store, start, place, size)))
        return load_slowly(x, start, place, size);
    store->carried = 0;
    if (UNLIKELY(!outside->read(outside->user, place, &store->carried, size)))
        return refuse(x, place);
    store->carried = WISP_LE64(store->carried);
    return WISP_TRAP_NONE;
}

static inline wisp_trap_code store_beyond(wisp_exec *x, uint64_t start, uint64_t place,
                                          size_t size, uint64_t value)
{
    wisp_store *store = x->store;
    const wisp_outside *outside = &store->outside;
    store->carried = value;
    if (UNLIKELY(!outside->write || !is_outside(store, start, place, size)))
        return store_slowly(x, start, place, size);
    store->carried = WISP_LE64(value);
    if (UNLIKELY(!outside->write(outside->user, place, &store->carried, size)))
        return refuse(x, place);
    return WISP_TRAP_NONE;
}

/* clang-format off */

#include "wasm/operands.inc"

/* Functions apart, so that handlers save no registers. */
#define BEYOND(name) __attribute__((noinline)) static void beyond_##name(STATE)

#define PLACE(base, offset)                                                                       \
    uint64_t start = (base), place = start + (offset)
/* Goes on where [place] is aligned in linear memory, which begins at an address that is. */
#define FIND(name, stored)                                                                        \
    if (UNLIKELY(place < start || place % sizeof(stored) != 0 ||                                  \
                 place - WISP_OUTSIDE_FIRST >                                                     \
                     mem_size - (WISP_OUTSIDE_FIRST + sizeof(stored))))                           \
        TAIL beyond_##name(ARGUMENTS)

/* Others may use the memory. */
#define LITTLE_uint8_t(value)       (value)
#define LITTLE_uint16_t(value)      WISP_LE16(value)
#define LITTLE_uint32_t(value)      WISP_LE32(value)
#define LITTLE_uint64_t(value)      WISP_LE64(value)
#define READ(stored, place)         LITTLE_##stored(WISP_RELAXED_GET(stored, place))
#define WRITE(stored, place, value) WISP_RELAXED_PUT(stored, place, LITTLE_##stored(value))

#define X(name, out, stored, extended)                                                            \
    BEYOND(name)                                                                                  \
    {                                                                                             \
        PLACE(SLOT(2).u64, IMM32(3));                                                             \
        x->trap = load_beyond(x, start, place, sizeof(stored));                                   \
        if (UNLIKELY(x->trap))                                                                    \
            STOP;                                                                                 \
        RELOAD;                                                                                   \
        SLOT(1).out = (TYPE_##out)(extended)x->store->carried;                                    \
        NEXT(5);                                                                                  \
    }                                                                                             \
    OP(name##_AT64)                                                                               \
    {                                                                                             \
        PLACE(SLOT(2).u64, IMM32(3));                                                             \
        FIND(name, stored);                                                                       \
        SLOT(1).out = (TYPE_##out)(extended)READ(stored, mem + place);                            \
        NEXT(5);                                                                                  \
    }
WISP_CODE_LOAD_AT64(X)
#undef X

#define X(name, in, stored)                                                                       \
    BEYOND(name)                                                                                  \
    {                                                                                             \
        PLACE(SLOT(1).u64, IMM32(3));                                                             \
        x->trap = store_beyond(x, start, place, sizeof(stored), (stored)SLOT(2).in);              \
        if (UNLIKELY(x->trap))                                                                    \
            STOP;                                                                                 \
        RELOAD;                                                                                   \
        NEXT(5);                                                                                  \
    }                                                                                             \
    OP(name##_AT64)                                                                               \
    {                                                                                             \
        PLACE(SLOT(1).u64, IMM32(3));                                                             \
        FIND(name, stored);                                                                       \
        WRITE(stored, mem + place, (stored)SLOT(2).in);                                           \
        NEXT(5);                                                                                  \
    }
WISP_CODE_STORE_AT64(X)
#undef X

void (*const wisp_outside_handlers[])(void) = {
#define X(name, ...) (void (*)(void)) op_##name##_AT64,
    WISP_CODE_LOAD_AT64(X)
    WISP_CODE_STORE_AT64(X)
#undef X
};

/* clang-format on */
