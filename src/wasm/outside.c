#include "wasm/outside.h"

#include "wasm/access.h"

/* What the program's functions are asked for at once, at the most, by bulk instructions. */
enum { CHUNK = 1024 };

/* ------------------------------------------------------------------ where */

static wisp_trap_code refuse(wisp_exec *x, uint64_t address)
{
    x->store->has_address = true;
    x->store->address = address;
    return WISP_TRAP_MEMORY;
}

/* The [size] bytes, not 0, at [address] of [memory]: *[linear], or NULL where they are outside,
 * up to the last that an address can name. */
static wisp_trap_code find_range(wisp_exec *x, const wisp_memory *memory, uint64_t address,
                                 uint64_t size, uint8_t **linear)
{
    uint64_t limit = wisp_memory_size(memory);
    bool is_null = memory->type.is_64 && address < WISP_OUTSIDE_FIRST;
    bool is_linear = !is_null && wisp_range_fits(address, size, limit);
    bool is_outside =
        !is_null && address >= limit && memory->type.is_64 && size - 1 <= UINT64_MAX - address;
    *linear = is_linear ? memory->block.data + address : NULL;
    return is_linear || is_outside ? WISP_TRAP_NONE : refuse(x, address);
}

/* That of half a vector looks for all of it. */
static wisp_trap_code find(wisp_exec *x, const wisp_slot *base, const uint16_t *memarg,
                           size_t size, uint64_t *address, uint8_t **linear)
{
    const wisp_memory *memory = x->instance->memories[wisp_unit32(memarg)];
    bool is_upper = memarg[WISP_UNITS_MEMARG] & WISP_ACCESS_UPPER_HALF;
    size_t before = is_upper ? size : 0;
    uint64_t offset = wisp_unit64(memarg + WISP_UNITS_32) - before;
    uint64_t start = wisp_slot_index(base, memory->type.is_64) + offset;
    if (start < offset)
        return WISP_TRAP_MEMORY; /* at no address */
    wisp_trap_code trap = find_range(x, memory, start, before + size, linear);
    if (*linear)
        *linear += before;
    *address = start + before;
    return trap;
}

/* ------------------------------------------------------------------ asking the program */

static wisp_trap_code read_outside(wisp_exec *x, uint64_t address, void *into, size_t size)
{
    const wisp_outside *outside = &x->store->outside;
    bool is_good = outside->read && outside->read(outside->user, address, into, size);
    return is_good ? WISP_TRAP_NONE : refuse(x, address);
}

static wisp_trap_code write_outside(wisp_exec *x, uint64_t address, const void *from, size_t size)
{
    const wisp_outside *outside = &x->store->outside;
    bool is_good = outside->write && outside->write(outside->user, address, from, size);
    return is_good ? WISP_TRAP_NONE : refuse(x, address);
}

static wisp_trap_code read_number(wisp_exec *x, uint64_t address, size_t size, uint64_t *out)
{
    uint64_t value = 0;
    wisp_trap_code trap = read_outside(x, address, &value, size);
    *out = WISP_LE64(value);
    return trap;
}

static wisp_trap_code write_number(wisp_exec *x, uint64_t address, size_t size, uint64_t value)
{
    value = WISP_LE64(value);
    return write_outside(x, address, &value, size);
}

/* ------------------------------------------------------------------ numbers */

static wisp_trap_code load(wisp_exec *x, const wisp_slot *base, const uint16_t *memarg,
                           size_t size, uint64_t *out)
{
    uint64_t address;
    uint8_t *linear;
    wisp_trap_code trap = find(x, base, memarg, size, &address, &linear);
    if (trap)
        return trap;
    if (!linear)
        return read_number(x, address, size, out);
    *out = wisp_relaxed_get(linear, size);
    return WISP_TRAP_NONE;
}

static wisp_trap_code store(wisp_exec *x, const wisp_slot *base, const uint16_t *memarg,
                            size_t size, uint64_t value)
{
    uint64_t address;
    uint8_t *linear;
    wisp_trap_code trap = find(x, base, memarg, size, &address, &linear);
    if (trap)
        return trap;
    if (!linear)
        return write_number(x, address, size, value);
    wisp_relaxed_put(linear, size, value);
    return WISP_TRAP_NONE;
}

/* ------------------------------------------------------------------ atomic */

static wisp_trap_code get(wisp_exec *x, uint64_t address, size_t size, uint64_t *out)
{
    wisp_trap_code trap = read_number(x, address, size, out);
    atomic_thread_fence(memory_order_seq_cst);
    return trap;
}

static wisp_trap_code put(wisp_exec *x, uint64_t address, size_t size, uint64_t value)
{
    atomic_thread_fence(memory_order_seq_cst);
    wisp_trap_code trap = write_number(x, address, size, value);
    atomic_thread_fence(memory_order_seq_cst);
    return trap;
}

static wisp_trap_code exchange(wisp_exec *x, uint64_t address, size_t size, uint64_t *expected,
                               uint64_t value)
{
    const wisp_outside *outside = &x->store->outside;
    uint64_t mask = UINT64_MAX >> (64 - 8 * size);
    bool is_good = outside->exchange &&
                   outside->exchange(outside->user, address, size, expected, value & mask);
    return is_good ? WISP_TRAP_NONE : refuse(x, address);
}

/* ------------------------------------------------------------------ bulk */

/* Any of memory's [size] bytes, to and from anywhere; in pieces that go through the stack. */

static wisp_trap_code take(wisp_exec *x, const wisp_memory *memory, uint64_t from, void *into,
                           size_t size)
{
    uint8_t *linear;
    wisp_trap_code trap = find_range(x, memory, from, size, &linear);
    if (trap)
        return trap;
    if (!linear)
        return read_outside(x, from, into, size);
    wisp_memory_take(memory, (size_t)from, into, size);
    return WISP_TRAP_NONE;
}

static wisp_trap_code give(wisp_exec *x, const wisp_memory *memory, uint64_t to, const void *from,
                           size_t size)
{
    uint8_t *linear;
    wisp_trap_code trap = find_range(x, memory, to, size, &linear);
    if (trap)
        return trap;
    if (!linear)
        return write_outside(x, to, from, size);
    wisp_memory_put(memory, (size_t)to, from, size);
    return WISP_TRAP_NONE;
}

static size_t piece(uint64_t left)
{
    return left < CHUNK ? (size_t)left : CHUNK;
}

static wisp_trap_code fill(wisp_exec *x, const wisp_memory *memory, uint64_t to, uint8_t value,
                           uint64_t size)
{
    uint8_t *linear;
    if (size == 0)
        return WISP_TRAP_NONE;
    wisp_trap_code trap = find_range(x, memory, to, size, &linear);
    if (!trap)
        trap = wisp_charge_bytes(x, size);
    if (trap)
        return trap;
    if (linear) {
        wisp_memory_set(memory, (size_t)to, value, (size_t)size);
        return WISP_TRAP_NONE;
    }
    uint8_t bytes[CHUNK];
    memset(bytes, value, piece(size));
    for (uint64_t at = 0; at < size && !trap; at += CHUNK)
        trap = write_outside(x, to + at, bytes, piece(size - at));
    return trap;
}

/* Where [to] lies above [from] and may overlap it, from the end. */
static wisp_trap_code copy_pieces(wisp_exec *x, const wisp_memory *into, uint64_t to,
                                  const wisp_memory *out_of, uint64_t from, uint64_t size)
{
    uint8_t bytes[CHUNK];
    wisp_trap_code trap = WISP_TRAP_NONE;
    for (uint64_t done = 0; done < size && !trap;) {
        size_t n = piece(size - done);
        uint64_t at = to > from ? size - done - n : done;
        trap = take(x, out_of, from + at, bytes, n);
        if (!trap)
            trap = give(x, into, to + at, bytes, n);
        done += n;
    }
    return trap;
}

static wisp_trap_code copy(wisp_exec *x, const wisp_memory *into, uint64_t to,
                           const wisp_memory *out_of, uint64_t from, uint64_t size)
{
    uint8_t *target, *source;
    if (size == 0)
        return WISP_TRAP_NONE;
    wisp_trap_code trap = find_range(x, into, to, size, &target);
    if (!trap)
        trap = find_range(x, out_of, from, size, &source);
    if (!trap)
        trap = wisp_charge_bytes(x, size);
    if (trap)
        return trap;
    if (!target || !source)
        return copy_pieces(x, into, to, out_of, from, size);
    wisp_memory_move(into, (size_t)to, out_of, (size_t)from, (size_t)size);
    return WISP_TRAP_NONE;
}

static wisp_trap_code init(wisp_exec *x, const wisp_memory *memory, uint64_t to,
                           const uint8_t *from, uint64_t size)
{
    uint8_t *linear;
    if (size == 0)
        return WISP_TRAP_NONE;
    wisp_trap_code trap = find_range(x, memory, to, size, &linear);
    if (!trap)
        trap = wisp_charge_bytes(x, size);
    return trap ? trap : give(x, memory, to, from, (size_t)size);
}

/* ------------------------------------------------------------------ for programs */

#ifdef WISP_HAS_OUTSIDE_HANDLERS
#define HANDLERS wisp_outside_handlers
#else
#define HANDLERS NULL
#endif

static const wisp_outside_access access = {
    .handlers = HANDLERS,
    .find = find,
    .load = load,
    .store = store,
    .get = get,
    .put = put,
    .exchange = exchange,
    .refuse = refuse,
    .fill = fill,
    .copy = copy,
    .init = init,
};

wisp_status wisp_module_load_outside(const wisp_module_config *config, wisp_bytes bytes,
                                     wisp_module **out, wisp_error *err)
{
    return wisp_module_make(config, &access, bytes, out, err);
}

void wisp_store_set_outside(wisp_store *store, const wisp_outside *outside)
{
    store->outside = outside ? *outside : (wisp_outside){.read = NULL};
}
