#include <string.h>

#include "wasm/runtime.h"
#include "wasm/types.h"

/* For callers that are not faster with them in place (builds for size). */
extern inline wisp_trap_code wisp_store_charge(wisp_store *store, uint64_t cost);

/* How much fuel is taken at once: the store is looked at, for fuel, interruption and deadline,
 * once a slice. Those of a store with a deadline are some microseconds long; a clock read as
 * often costs less than one in a hundred of them. */
enum { FUEL_SLICE = 4096, FUEL_SLICE_TIMED = 1024 };

enum {
    DEFAULT_TABLE_MAX = 1000000,
    DEFAULT_EXCEPTION_MAX = 1024 * 1024,
    DEFAULT_STACK_SIZE = 512 * 1024,
    DEFAULT_HOST_DEPTH_MAX = 64,
    ARENA_CHUNK_SIZE = 4096,
    STACK_SIZE_MIN = 1024
};

#define DEFAULT_MEMORY_MAX ((uint64_t)256 * 1024 * 1024)

static void configure(wisp_store *store, const wisp_store_config *config)
{
    store->memory_max = config->memory_max ? config->memory_max : DEFAULT_MEMORY_MAX;
    store->table_max = config->table_max ? config->table_max : DEFAULT_TABLE_MAX;
    store->exceptions.size_max =
        config->exception_max ? config->exception_max : DEFAULT_EXCEPTION_MAX;
    store->stack_size = config->stack_size ? config->stack_size : DEFAULT_STACK_SIZE;
    if (store->stack_size < STACK_SIZE_MIN)
        store->stack_size = STACK_SIZE_MIN;
    store->stack_size -= store->stack_size % sizeof(wisp_slot);
    store->depth_max = config->host_depth_max ? config->host_depth_max : DEFAULT_HOST_DEPTH_MAX;
    store->maps_memory = config->memory_source == WISP_MEMORY_MAPPED ||
                         (config->memory_source == WISP_MEMORY_BEST && !config->allocator);
    store->wait_max_ns = config->wait_max_ms ? (int64_t)config->wait_max_ms * 1000000 : -1;
    store->fuel = config->fuel ? config->fuel : WISP_FUEL_UNLIMITED;
    store->deadline_ns = WISP_DEADLINE_NONE;
    store->now_ns = config->now_ns;
    store->now_user = config->now_user;
}

wisp_status wisp_store_new(const wisp_store_config *config, wisp_store **out, wisp_error *err)
{
    static const wisp_store_config defaults;
    if (!config)
        config = &defaults;
    const wisp_allocator *allocator = wisp_allocator_or_default(config->allocator);
    wisp_store *store = wisp_alloc(allocator, 1, sizeof *store);
    if (!store)
        return wisp_fail_memory(err, sizeof *store);
    store->allocator = allocator;
    wisp_arena_init(&store->arena, allocator, ARENA_CHUNK_SIZE);
    wisp_arena_init(&store->trap_names, allocator, ARENA_CHUNK_SIZE);
    configure(store, config);
    store->stack = wisp_realloc(allocator, NULL, 0, store->stack_size);
    if (!store->stack) {
        wisp_status status = wisp_fail_memory(err, store->stack_size);
        wisp_store_free(store);
        return status;
    }
    store->exec.store = store;
    store->exec.stack_end = store->stack + store->stack_size / sizeof(wisp_slot);
    *out = store;
    return WISP_OK;
}

void wisp_store_free(wisp_store *store)
{
    if (!store)
        return;
    const wisp_allocator *allocator = store->allocator;
    for (const wisp_store_end *end = store->ends; end; end = end->next)
        end->fn(end->user);
    wisp_memories_free(store, NULL);
    wisp_tables_free(store, NULL);
    wisp_exceptions_free(store);
    wisp_type_table_deinit(&store->types, allocator);
    wisp_arena_deinit(&store->arena);
    wisp_arena_deinit(&store->trap_names);
    wisp_free(allocator, store->stack, store->stack_size);
    wisp_free(allocator, store, sizeof *store);
}

wisp_status wisp_store_at_free(wisp_store *store, void (*fn)(void *user), void *user,
                               wisp_error *err)
{
    wisp_store_end *end = wisp_arena_alloc(&store->arena, 1, sizeof *end);
    if (!end)
        return wisp_fail_memory(err, sizeof *end);
    *end = (wisp_store_end){store->ends, fn, user};
    store->ends = end;
    return WISP_OK;
}

/* ------------------------------------------------------------------ fuel */

void wisp_store_set_fuel(wisp_store *store, uint64_t fuel)
{
    store->fuel = fuel;
    store->exec.fuel = 0;
}

uint64_t wisp_store_fuel(const wisp_store *store)
{
    if (store->fuel == WISP_FUEL_UNLIMITED)
        return WISP_FUEL_UNLIMITED;
    return store->fuel + (uint64_t)store->exec.fuel;
}

void wisp_store_interrupt(wisp_store *store)
{
    atomic_store_explicit(&store->interrupted, 1, memory_order_relaxed);
}

bool wisp_store_is_interrupted(const wisp_store *store)
{
    return atomic_load_explicit(&store->interrupted, memory_order_relaxed) != 0;
}

static int64_t slice_of(const wisp_store *store)
{
    return store->deadline_ns == WISP_DEADLINE_NONE ? FUEL_SLICE : FUEL_SLICE_TIMED;
}

/* Gives back what is left of a slice but for one as long as they are now. */
static void shorten_slice(wisp_store *store)
{
    int64_t excess = store->exec.fuel - slice_of(store);
    if (excess <= 0)
        return;
    store->exec.fuel -= excess;
    if (store->fuel != WISP_FUEL_UNLIMITED)
        store->fuel += (uint64_t)excess;
}

bool wisp_store_is_overdue(const wisp_store *store)
{
    return store->deadline_ns != WISP_DEADLINE_NONE &&
           store->now_ns(store->now_user) >= store->deadline_ns;
}

wisp_status wisp_store_set_deadline(wisp_store *store, uint64_t deadline_ns, wisp_error *err)
{
    if (!store->now_ns && deadline_ns != WISP_DEADLINE_NONE)
        return wisp_fail(err, WISP_INVALID, "a deadline for a store without a clock");
    store->deadline_ns = deadline_ns;
    shorten_slice(store);
    return WISP_OK;
}

wisp_trap_code wisp_store_look(wisp_store *store)
{
    if (wisp_store_take_interrupt(store))
        return WISP_TRAP_INTERRUPTED;
    return wisp_store_is_overdue(store) ? WISP_TRAP_DEADLINE : WISP_TRAP_NONE;
}

wisp_trap_code wisp_store_refuel(wisp_store *store)
{
    wisp_exec *x = &store->exec;
    uint64_t owed = (uint64_t)-x->fuel;
    uint64_t taken = owed + (uint64_t)slice_of(store);
    if (store->fuel != WISP_FUEL_UNLIMITED) {
        if (store->fuel < owed) {
            store->fuel = 0;
            x->fuel = 0;
            return WISP_TRAP_FUEL;
        }
        if (store->fuel < taken)
            taken = store->fuel;
        store->fuel -= taken;
    }
    x->fuel = (int64_t)(taken - owed);
    return wisp_store_look(store);
}

const wisp_trap *wisp_store_trap(const wisp_store *store)
{
    return &store->trap;
}
