#include "patch/seat.h"

#include <errno.h>

#include "base/error.h"
#include "os/own_memory.h"
#include "patch/access.h"
#include "patch/builtin.h"
#include "patch/guard.h"
#include "patch/imports.h"
#include "patch/reach.h"

enum { ARENA_CHUNK_SIZE = 4096, WAIT_MAX_MS = 1000 };

/* A seat that is being made. */
typedef struct maker {
    wisp_patch_seat *seat;
    wisp_extern *imports;
    wisp_error *err;
} maker;

static void *room(const maker *m, size_t count, size_t size)
{
    void *items = wisp_arena_alloc(&m->seat->arena, count, size);
    if (!items)
        wisp_fail_memory(m->err, count * size);
    return items;
}

static wisp_status make_store(const maker *m)
{
    wisp_patch_seat *seat = m->seat;
    const wisp_patcher_config *config = seat->set->config;
    const wisp_store_config wanted = {
        .allocator = config->allocator,
        .memory_source = WISP_MEMORY_MAPPED, /* which does not move when it grows */
        .memory_max = seat->set->linear.size_max,
        .stack_size = config->stack_size,
        .host_depth_max = WISP_PATCH_LEVELS_MAX + 1,
        .fuel = config->fuel,
        .wait_max_ms = WAIT_MAX_MS,
    };
    wisp_status status = wisp_store_new(&wanted, &seat->store, m->err);
    if (status)
        return status;
    wisp_outside outside = wisp_patch_reach(seat);
    wisp_store_set_outside(seat->store, &outside);
    return WISP_OK;
}

/* ------------------------------------------------------------------ imports */

static wisp_status make_memory(const maker *m, wisp_memory **out)
{
    const wisp_patch_linear *linear = &m->seat->set->linear;
    return linear->shared ? wisp_memory_new_shared(m->seat->store, linear->shared, out, m->err)
                          : wisp_memory_new_typed(m->seat->store, &linear->type, out, m->err);
}

static wisp_status make_import(const maker *m, uint32_t index)
{
    const wisp_patch_import_source *source = &m->seat->set->imports[index];
    wisp_extern *out = &m->imports[index];
    if (source->kind == WISP_PATCH_MEMORY) {
        out->kind = WISP_EXTERN_MEMORY;
        return make_memory(m, &out->of.memory);
    }
    out->kind = WISP_EXTERN_FUNC;
    wisp_patch_outlet *outlet = &m->seat->outlets[index];
    *outlet = (wisp_patch_outlet){.seat = m->seat};
    if (source->kind == WISP_PATCH_CALLEE)
        outlet->callee = source->of.callee;
    else if (source->kind == WISP_PATCH_GLOBAL)
        outlet->address = source->of.address;
    return wisp_patch_import_make(m->seat, source, outlet, &out->of.func, m->err);
}

static wisp_status make_imports(maker *m)
{
    uint32_t count = m->seat->set->import_count;
    wisp_status status = WISP_OK;
    m->imports = room(m, count, sizeof *m->imports);
    m->seat->outlets = room(m, count, sizeof *m->seat->outlets);
    if (!m->imports || !m->seat->outlets)
        return WISP_NO_MEMORY;
    for (uint32_t i = 0; i < count && !status; i++)
        status = make_import(m, i);
    return status;
}

/* ------------------------------------------------------------------ the instance */

/* Of a seat whose stack is not one of ours. */
static const uint64_t no_fence = WISP_PATCH_FENCE;

static void lay_fence(wisp_patch_seat *seat)
{
    const wisp_patch_linear *linear = &seat->set->linear;
    uint64_t at = wisp_patch_linear_stack(linear, seat->place + 1);
    uint64_t *words = (uint64_t *)(void *)(seat->memory.base + at);
    for (size_t i = 0; i < WISP_PATCH_FENCE_SIZE / sizeof *words; i++)
        words[i] = WISP_PATCH_FENCE;
    seat->fence = &words[WISP_PATCH_FENCE_SIZE / sizeof *words - 1]; /* the first to be hit */
}

/* A module that has its memory to itself has its stack somewhere in it: as much as below where it
 * begins, but not more than a stack of ours. */
static uint64_t own_stack_limit(uint64_t stack_pointer)
{
    uint64_t low = WISP_OUTSIDE_FIRST;
    if (stack_pointer > low + WISP_PATCH_C_STACK_SIZE)
        low = stack_pointer - WISP_PATCH_C_STACK_SIZE;
    return low < stack_pointer ? low : stack_pointer;
}

/* Of an i32 the upper half is 0 from here on. */
static void find_stack_pointer(wisp_patch_seat *seat)
{
    wisp_global *global = wisp_instance_global(seat->instance, "__stack_pointer");
    if (!global || !global->is_mutable)
        return;
    seat->stack_pointer = global->value;
    if (global->type == WISP_I32)
        global->value->u64 = global->value->u32;
}

static void set_up_memory(wisp_patch_seat *seat)
{
    const wisp_patch_linear *linear = &seat->set->linear;
    wisp_patch_memory *memory = &seat->memory;
    *memory = (wisp_patch_memory){.null_size = WISP_OUTSIDE_FIRST,
                                  .read = wisp_patch_reach_read,
                                  .write = wisp_patch_reach_write,
                                  .user = seat};
    memory->size = WISP_OUTSIDE_FIRST; /* there is nothing between these */
    wisp_memory *first =
        seat->instance->module->memory_count ? seat->instance->memories[0] : NULL;
    if (linear->shared) {
        memory->base = wisp_memory_at(first, 0, linear->stacks_end);
        memory->size = linear->stacks_end;
        memory->stack_limit = wisp_patch_linear_stack_limit(linear, seat->place);
        seat->stack_pointer->u64 = wisp_patch_linear_stack(linear, seat->place);
        lay_fence(seat);
    } else {
        seat->own_memory = first;
        memory->stack_limit = own_stack_limit(seat->stack_pointer->u64);
        wisp_patch_seat_refresh(seat);
    }
    seat->levels[0].stack_pointer = seat->stack_pointer->u64;
}

static wisp_status find_funcs(const maker *m)
{
    wisp_patch_seat *seat = m->seat;
    uint32_t count = seat->set->manifest.function_count;
    seat->inlets = room(m, count, sizeof *seat->inlets);
    if (!seat->inlets)
        return WISP_NO_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        const char *export = seat->set->replaced[i].function->export;
        seat->inlets[i].func = wisp_instance_func(seat->instance, export);
        if (!wisp_raw_slots(seat->inlets[i].func))
            return wisp_fail(m->err, WISP_LIMIT, "a stack of %zu bytes, too few for '%s'",
                             seat->store->stack_size, export);
    }
    return WISP_OK;
}

static wisp_status instantiate(const maker *m)
{
    wisp_patch_seat *seat = m->seat;
    wisp_status status = wisp_instance_new_with(seat->store, seat->set->module, m->imports,
                                                seat->set->import_count, &seat->instance, m->err);
    if (status)
        return status;
    find_stack_pointer(seat);
    set_up_memory(seat);
    return find_funcs(m);
}

wisp_status wisp_patch_seat_new(wisp_patch_set *set, uint32_t place, wisp_patch_seat **out,
                                wisp_error *err)
{
    const wisp_allocator *allocator = set->config->allocator;
    wisp_patch_seat *seat = wisp_alloc(allocator, 1, sizeof *seat);
    if (!seat)
        return wisp_fail_memory(err, sizeof *seat);
    seat->set = set;
    seat->place = place;
    seat->ticket = UINTPTR_MAX;
    seat->stack_pointer = &seat->no_stack;
    seat->fence = &no_fence;
    seat->fuel = set->config->fuel;
    seat->grants_arguments = set->manifest.grant == WISP_PATCH_GRANT_ARGUMENTS;
    seat->grants.allocator = allocator;
    wisp_arena_init(&seat->arena, allocator, ARENA_CHUNK_SIZE);
    maker m = {.seat = seat, .err = err};
    wisp_status status = make_store(&m);
    if (!status)
        status = make_imports(&m);
    if (!status)
        status = instantiate(&m);
    if (status)
        wisp_patch_seat_free(seat);
    else
        *out = seat;
    return status;
}

void wisp_patch_seat_free(wisp_patch_seat *seat)
{
    if (!seat)
        return;
    const wisp_allocator *allocator = seat->set->config->allocator;
    wisp_patch_seat_drop(seat, 0);
    wisp_store_free(seat->store);
    wisp_patch_grants_deinit(&seat->grants);
    wisp_arena_deinit(&seat->arena);
    wisp_free(allocator, seat, sizeof *seat);
}

void wisp_patch_seat_drop(wisp_patch_seat *seat, uint32_t level)
{
    if (seat->level <= level)
        return;
    const wisp_patch_level *lowest = &seat->levels[level];
    wisp_store_rewind(seat->store, &lowest->mark);
    seat->stack_pointer->u64 = lowest->stack_pointer;
    seat->grants.len = lowest->first_range;
    if (level > 0)
        wisp_store_set_fuel(seat->store, lowest->fuel);
    seat->level = level;
}

/* ------------------------------------------------------------------ places */

enum { PLACES_A_WORD = 64, PLACE_WORDS = WISP_PATCH_PLACES_MAX / PLACES_A_WORD };

static _Atomic uint64_t taken[PLACE_WORDS]; /* a bit a place */
static _Atomic uintptr_t tickets;           /* how many there were */

/* The lowest free place below [count], now taken; -1 if there is none. */
static int32_t take_place(uint32_t count)
{
    for (uint32_t place = 0; place < count; place++) {
        _Atomic uint64_t *word = &taken[place / PLACES_A_WORD];
        uint64_t bit = UINT64_C(1) << place % PLACES_A_WORD;
        if (!(atomic_load_explicit(word, memory_order_relaxed) & bit) &&
            !(atomic_fetch_or_explicit(word, bit, memory_order_acquire) & bit))
            return (int32_t)place;
    }
    return -1;
}

void wisp_patch_place_return(wisp_patch_thread *thread)
{
    uint32_t place = wisp_patch_place_of((uintptr_t)thread->user);
    if (!thread->user)
        return;
    thread->user = NULL;
    atomic_fetch_and_explicit(&taken[place / PLACES_A_WORD],
                              ~(UINT64_C(1) << place % PLACES_A_WORD), memory_order_release);
}

/* Gives [thread] a place below [count] if it has none. One that is not below it, but was of use
 * in another set, goes back as soon as nothing else there is under way. */
static bool find_place(wisp_patch_thread *thread, uint32_t count)
{
    if (wisp_patch_place_of((uintptr_t)thread->user) < count ||
        (thread->user && thread->depth > 1))
        return true;
    wisp_patch_place_return(thread);
    int32_t place = take_place(count);
    if (place < 0)
        return false;
    uintptr_t number = atomic_fetch_add_explicit(&tickets, 1, memory_order_relaxed) + 1;
    thread->user = (void *)(number * WISP_PATCH_TICKET_STEP + (uintptr_t)place + 1);
    return true;
}

/* Chooses how [seat], now of the calling thread, gets at memory. */
static void choose_access(wisp_patch_seat *seat)
{
    bool is_guarded = wisp_guard_install(NULL) == WISP_OK && wisp_guard_covers_thread();
    seat->read = is_guarded ? wisp_access_read : wisp_own_memory_read;
    seat->write = is_guarded ? wisp_access_write : wisp_own_memory_write;
}

static wisp_patch_seat *take(wisp_patch_set *set, wisp_patch_thread *thread)
{
    if (!find_place(thread, set->seat_count))
        return NULL;
    uintptr_t ticket = (uintptr_t)thread->user;
    uint32_t place = wisp_patch_place_of(ticket);
    if (place >= set->seat_count)
        return NULL;
    wisp_patch_seat *seat = atomic_load_explicit(&set->seats[place], memory_order_acquire);
    if (!seat && wisp_patch_seat_new(set, place, &seat, NULL))
        return NULL;
    wisp_patch_seat_drop(seat, 0); /* what a former thread was at when it ended */
    seat->thread = thread;
    seat->ticket = ticket;
    choose_access(seat);
    atomic_store_explicit(&set->seats[place], seat, memory_order_release);
    return seat;
}

wisp_patch_seat *wisp_patch_seat_take(wisp_patch_set *set, wisp_patch_thread *thread)
{
    int error = errno;
    wisp_patch_seat *seat = take(set, thread);
    errno = error;
    return seat;
}
