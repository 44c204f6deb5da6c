#include "patch/dispatch.h"

#include <errno.h>

#include "patch/fault.h"
#include "patch/reach.h"

#define LIKELY(condition) __builtin_expect(!!(condition), 1)

wisp_patch_set *_Atomic wisp_patch_current;

/* ------------------------------------------------------------------ whether it can run */

/*
 * Levels within each other share a store, whose calls return in the order in which they began.
 * On one stack they do; a second stack (coroutines) could return first. And each must have a fair
 * part of what there is, so that a recursion ends with the original, not with a fault.
 */
static bool can_nest(const wisp_patch_seat *seat, bool is_on_stack)
{
    const wisp_exec *x = &seat->store->exec;
    uint64_t stack_room = seat->stack_pointer->u64 - seat->memory.stack_limit;
    return seat->level < WISP_PATCH_LEVELS_MAX && is_on_stack &&
           seat->levels[seat->level - 1].is_on_stack &&
           wisp_exec_left(x, wisp_exec_top(x)) >= seat->store->stack_size / 4 &&
           (seat->stack_pointer == &seat->no_stack || stack_room >= WISP_PATCH_C_STACK_SIZE / 4);
}

/* Whether the thread has enough of its own stack, if it is on that. */
static inline bool has_stack(const wisp_patch_thread *thread,
                             const wisp_patch_activation *activation)
{
    return !activation->is_on_stack ||
           activation->sp >= thread->stack_low + WISP_PATCH_NATIVE_STACK_MIN;
}

/* ------------------------------------------------------------------ calls that were left */

/* The return address, which is the last word of a frame on both machines, and the same for as
 * long as the call is under way. Others' words may be there when it is not. */
__attribute__((no_sanitize("address"))) static uintptr_t return_of(const wisp_patch_frame *frame)
{
    return ((const volatile uintptr_t *)(frame + 1))[-1];
}

static bool may_be_alive(const wisp_patch_activation *activation)
{
    const wisp_patch_seat *seat = activation->run;
    if (!seat || !activation->is_on_stack)
        return true;
    const wisp_patch_level *level = &seat->levels[activation->mark];
    return return_of(level->frame) == level->return_to;
}

/*
 * A call that was left by longjmp is dropped when the next one comes from as far up the stack.
 * One from further down looks as if it were within it; but by then the frame is mostly spoilt.
 */
static void drop_dead(wisp_patch_thread *thread)
{
    while (thread->depth && !may_be_alive(&thread->activations[thread->depth - 1]))
        wisp_patch_thread_settle(thread, thread->activations[thread->depth - 1].sp);
}

/* ------------------------------------------------------------------ a call */

/* Of a level within others: keeps what the one around it goes on with. Returns where the
 * arguments go. */
static wisp_slot *keep_outer(wisp_patch_seat *seat, wisp_patch_level *level, wisp_func *func)
{
    level->mark = wisp_store_mark(seat->store);
    level->fuel = wisp_store_fuel(seat->store);
    return wisp_raw_slots(func);
}

/* False if there is no room for structs or for what is granted. */
static inline bool take_arguments(wisp_patch_seat *seat, const wisp_patch_level *level,
                                  const wisp_patch_plan *plan, wisp_slot *slots)
{
    if (seat->grants_arguments && !wisp_patch_reach_arguments(seat))
        return false;
    wisp_patch_seat_refresh(seat);
    seat->memory.stack_pointer = level->stack_pointer;
    if (!wisp_patch_take_arguments(plan, &seat->memory, level->frame, slots))
        return false;
    if (plan->uses_stack)
        seat->stack_pointer->u64 = seat->memory.stack_pointer;
    return true;
}

static inline void count_call(wisp_patch_seat *seat, const wisp_patch_replaced *replaced)
{
    _Atomic uint64_t *calls = &seat->calls[replaced->index];
    uint64_t before = atomic_load_explicit(calls, memory_order_relaxed);
    atomic_store_explicit(calls, before + 1, memory_order_relaxed);
}

/* The patch trapped, or spoilt what is not its own. */
static bool fail(wisp_patch_seat *seat, const wisp_patch_level *level, wisp_trap_code trap)
{
    int error = errno;
    if (trap)
        wisp_patch_fault_trapped(seat, level);
    else
        wisp_patch_fault_overran(seat, level);
    errno = error;
    return level->has_result;
}

/*
 * Runs [level], the next one, which has [activation] and [frame]. A call has as much fuel as the
 * program's config says, and what is left of the slice that the store took before: to ask for a
 * slice each time would cost more than many a patch.
 */
__attribute__((always_inline)) static inline bool run_level(wisp_patch_seat *seat,
                                                            wisp_patch_level *level,
                                                            const wisp_patch_replaced *replaced,
                                                            wisp_slot *slots, wisp_func *func)
{
    bool is_handled = false;
    level->replaced = replaced;
    level->return_to = return_of(level->frame);
    level->stack_pointer = seat->stack_pointer->u64;
    level->first_range = seat->grants.len;
    level->has_result = false;
    seat->store->fuel = seat->fuel;
    if (LIKELY(slots && take_arguments(seat, level, &replaced->plan, slots))) {
        count_call(seat, replaced);
        wisp_trap_code trap = wisp_raw_call(func, slots, NULL);
        is_handled = LIKELY(!trap && wisp_patch_seat_is_whole(seat));
        if (is_handled) {
            wisp_patch_seat_refresh(seat);
            wisp_patch_give_results(&replaced->plan, &seat->memory, level->frame, slots);
        } else {
            is_handled = fail(seat, level, trap);
        }
    }
    seat->stack_pointer->u64 = level->stack_pointer;
    seat->grants.len = level->first_range;
    return is_handled;
}

/* Says whose [activation] is, so that it can be dropped, and what of it [level] needs. */
static inline void begin(wisp_patch_seat *seat, wisp_patch_level *level, wisp_patch_frame *frame,
                         int32_t number)
{
    wisp_patch_activation *activation = &seat->thread->activations[number];
    activation->run = seat;
    activation->mark = seat->level++;
    level->frame = frame;
    level->activation = number;
    level->is_on_stack = activation->is_on_stack;
}

/* A call while others are under way. */
__attribute__((noinline)) static bool run_within(wisp_patch_seat *seat,
                                                 const wisp_patch_replaced *replaced,
                                                 wisp_patch_frame *frame, int32_t number)
{
    wisp_patch_level *level = &seat->levels[seat->level];
    wisp_func *func = seat->funcs[replaced->index];
    wisp_slot *slots = keep_outer(seat, level, func);
    begin(seat, level, frame, number);
    bool is_handled = run_level(seat, level, replaced, slots, func);
    seat->level--;
    wisp_store_set_fuel(seat->store, level->fuel);
    return is_handled;
}

/* A call while no other is under way, which most are: all of the stack is its own, which has room
 * for the arguments of any function. */
static inline bool run_outermost(wisp_patch_seat *seat, const wisp_patch_replaced *replaced,
                                 wisp_patch_frame *frame, int32_t number)
{
    wisp_patch_level *level = &seat->levels[0];
    level->mark.depth = 0;
    begin(seat, level, frame, number);
    bool is_handled =
        run_level(seat, level, replaced, seat->store->stack, seat->funcs[replaced->index]);
    seat->level = 0;
    return is_handled;
}

/* ------------------------------------------------------------------ every call */

static void skip(wisp_patch_detour *detour)
{
    wisp_patch_slot *slot = (wisp_patch_slot *)detour;
    atomic_fetch_add_explicit(&slot->skipped, 1, memory_order_relaxed);
}

static const wisp_patch_replaced *find(const wisp_patch_set *set, const wisp_patch_detour *detour)
{
    const wisp_patch_slot *slot = (const wisp_patch_slot *)detour;
    const wisp_patch_replaced *found =
        set && slot->index < set->slot_count ? set->by_slot[slot->index] : NULL;
    bool is_on = found && !atomic_load_explicit(&found->is_disabled, memory_order_relaxed);
    return is_on ? found : NULL;
}

static bool run_current(wisp_patch_thread *thread, wisp_patch_frame *frame,
                        wisp_patch_detour *detour, int32_t number)
{
    wisp_patch_set *set = atomic_load_explicit(&wisp_patch_current, memory_order_acquire);
    const wisp_patch_replaced *replaced = find(set, detour);
    if (!replaced)
        return false;
    wisp_patch_seat *seat = wisp_patch_seat_of(set, thread);
    if (!LIKELY(seat))
        seat = wisp_patch_seat_take(set, thread);
    const wisp_patch_activation *activation = &thread->activations[number];
    if (LIKELY(seat && has_stack(thread, activation))) {
        if (LIKELY(seat->level == 0))
            return run_outermost(seat, replaced, frame, number);
        if (can_nest(seat, activation->is_on_stack))
            return run_within(seat, replaced, frame, number);
    }
    skip(detour);
    return false;
}

bool wisp_patch_dispatch(wisp_patch_frame *frame, wisp_patch_detour *detour)
{
    wisp_patch_thread *thread = wisp_patch_thread_get();
    if (!thread || thread->is_inside) {
        skip(detour);
        return false;
    }
    thread->is_inside = true;
    if (!LIKELY(thread->depth == 0))
        drop_dead(thread);
    int32_t number = wisp_patch_thread_enter(thread, (uintptr_t)(frame + 1));
    bool is_handled = false;
    if (LIKELY(number >= 0)) {
        is_handled = run_current(thread, frame, detour, number);
        wisp_patch_thread_exit(thread, number);
    }
    thread->is_inside = false;
    return is_handled;
}

void wisp_patch_on_drop(wisp_patch_thread *thread, const wisp_patch_activation *activation)
{
    (void)thread;
    if (activation->run)
        wisp_patch_seat_drop(activation->run, (uint32_t)activation->mark);
}
