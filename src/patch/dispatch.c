#include "patch/dispatch.h"

#include <errno.h>

#include "patch/fault.h"
#include "patch/reach.h"

#define LIKELY(condition) __builtin_expect(!!(condition), 1)

wisp_patch_set *_Atomic wisp_patch_current;

/* ------------------------------------------------------------------ whether it can run */

/* Where the frame of [frame]'s caller ends. */
static inline uintptr_t caller_of(const wisp_patch_frame *frame)
{
    return (uintptr_t)(frame + 1);
}

/*
 * Levels within each other share a store, whose calls return in the order in which they began.
 * On one stack they do; a second stack (coroutines) could return first. And each must have a fair
 * part of what there is, so that a recursion ends with the original, not with a fault.
 */
static bool can_nest(const wisp_patch_seat *seat, uintptr_t sp)
{
    const wisp_exec *x = &seat->store->exec;
    const wisp_patch_level *outer = &seat->levels[seat->level - 1];
    uint64_t stack_room = seat->stack_pointer->u64 - seat->memory.stack_limit;
    return seat->level < WISP_PATCH_LEVELS_MAX && wisp_patch_is_on_stack(seat->thread, sp) &&
           wisp_patch_is_on_stack(seat->thread, caller_of(outer->frame)) &&
           wisp_exec_left(x, wisp_exec_top(x)) >= seat->store->stack_size / 4 &&
           (seat->stack_pointer == &seat->no_stack || stack_room >= WISP_PATCH_C_STACK_SIZE / 4);
}

/* Whether the thread has enough of its own stack, if [sp] is on that: others are far from its
 * lower end. */
static inline bool has_stack(const wisp_patch_thread *thread, uintptr_t sp)
{
    return sp - thread->stack_low >= WISP_PATCH_NATIVE_STACK_MIN;
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

/* With pointers or structs. False if there is no room for them, or for what is granted. */
static bool take_with_memory(wisp_patch_seat *seat, const wisp_patch_level *level,
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

static inline bool take(wisp_patch_seat *seat, const wisp_patch_level *level, wisp_slot *slots)
{
    const wisp_patch_plan *plan = &level->replaced->plan;
    if (!LIKELY(!plan->uses_memory))
        return take_with_memory(seat, level, plan, slots);
    wisp_patch_take_numbers(plan, level->frame, slots);
    return true;
}

static inline void give(wisp_patch_seat *seat, const wisp_patch_level *level,
                        const wisp_slot *slots)
{
    const wisp_patch_plan *plan = &level->replaced->plan;
    if (LIKELY(!plan->uses_memory)) {
        wisp_patch_give_number(plan, level->frame, slots);
        return;
    }
    wisp_patch_seat_refresh(seat);
    wisp_patch_give_results(plan, &seat->memory, level->frame, slots);
}

static inline void count_call(wisp_patch_inlet *inlet)
{
    uint64_t before = atomic_load_explicit(&inlet->calls, memory_order_relaxed);
    atomic_store_explicit(&inlet->calls, before + 1, memory_order_relaxed);
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
 * Runs [level], with its arguments in [slots]. A call has as much fuel as the program's config
 * says, and what is left of the slice that the store took before: to ask for a slice each time
 * would cost more than many a patch.
 */
static inline bool run(wisp_patch_seat *seat, wisp_patch_level *level, wisp_patch_inlet *inlet,
                       wisp_slot *slots)
{
    seat->store->fuel = seat->fuel;
    if (!LIKELY(take(seat, level, slots)))
        return false;
    count_call(inlet);
    wisp_trap_code trap = wisp_raw_call(inlet->func, slots, NULL);
    if (!LIKELY(!trap && wisp_patch_seat_is_whole(seat)))
        return fail(seat, level, trap);
    give(seat, level, slots);
    return true;
}

/* The next level of [seat], in which [replaced] is called with [frame]; [activation] is told
 * whose it is, so that it can be dropped. */
static inline wisp_patch_level *begin(wisp_patch_seat *seat, const wisp_patch_replaced *replaced,
                                      wisp_patch_frame *frame, wisp_patch_activation *activation)
{
    activation->run = seat;
    activation->mark = seat->level;
    wisp_patch_level *level = &seat->levels[seat->level++];
    level->replaced = replaced;
    level->frame = frame;
    level->return_to = return_of(frame);
    level->has_result = false;
    return level;
}

/* Ends [level], which is the last one. */
static inline void end(wisp_patch_seat *seat, const wisp_patch_level *level)
{
    seat->stack_pointer->u64 = level->stack_pointer;
    seat->grants.len = level->first_range;
    seat->level = (uint32_t)(level - seat->levels);
}

/* A call while others are under way: keeps what the one around it goes on with. */
__attribute__((noinline)) static bool run_within(wisp_patch_seat *seat,
                                                 const wisp_patch_replaced *replaced,
                                                 wisp_patch_frame *frame,
                                                 wisp_patch_activation *activation)
{
    wisp_patch_level *level = begin(seat, replaced, frame, activation);
    wisp_patch_inlet *inlet = &seat->inlets[replaced->index];
    level->mark = wisp_store_mark(seat->store);
    level->fuel = wisp_store_fuel(seat->store);
    level->stack_pointer = seat->stack_pointer->u64;
    level->first_range = seat->grants.len;
    wisp_slot *slots = wisp_raw_slots(inlet->func);
    bool is_handled = slots && run(seat, level, inlet, slots);
    end(seat, level);
    wisp_store_set_fuel(seat->store, level->fuel);
    return is_handled;
}

/* A call while no other is under way, which most are: all of the stack is its own, which has room
 * for the arguments of any function, and what it ends with is as when the seat was made. */
static inline bool run_outermost(wisp_patch_seat *seat, const wisp_patch_replaced *replaced,
                                 wisp_patch_frame *frame, wisp_patch_activation *activation)
{
    wisp_patch_level *level = begin(seat, replaced, frame, activation);
    bool is_handled = run(seat, level, &seat->inlets[replaced->index], seat->store->stack);
    end(seat, level);
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

/* In the calling thread's activation [number]. */
static inline bool run_current(wisp_patch_thread *thread, wisp_patch_frame *frame,
                               wisp_patch_detour *detour, int32_t number)
{
    wisp_patch_set *set = atomic_load_explicit(&wisp_patch_current, memory_order_acquire);
    const wisp_patch_replaced *replaced = find(set, detour);
    if (!replaced)
        return false;
    wisp_patch_seat *seat = wisp_patch_seat_of(set, thread);
    if (!LIKELY(seat))
        seat = wisp_patch_seat_take(set, thread);
    if (LIKELY(seat && has_stack(thread, caller_of(frame)))) {
        wisp_patch_activation *activation = &thread->activations[number];
        if (LIKELY(seat->level == 0))
            return run_outermost(seat, replaced, frame, activation);
        if (can_nest(seat, caller_of(frame)))
            return run_within(seat, replaced, frame, activation);
    }
    skip(detour);
    return false;
}

static inline bool enter(wisp_patch_thread *thread, wisp_patch_frame *frame,
                         wisp_patch_detour *detour)
{
    int32_t number = wisp_patch_thread_enter(thread, caller_of(frame));
    if (!LIKELY(number >= 0))
        return false;
    bool is_handled = run_current(thread, frame, detour, number);
    wisp_patch_thread_exit(thread, number);
    return is_handled;
}

/* Where the thread has calls under way, or such as were left. Apart, so that those without are
 * compiled for this alone. */
__attribute__((noinline)) static bool
enter_within(wisp_patch_thread *thread, wisp_patch_frame *frame, wisp_patch_detour *detour)
{
    drop_dead(thread);
    return enter(thread, frame, detour);
}

bool wisp_patch_dispatch(wisp_patch_frame *frame, wisp_patch_detour *detour)
{
    wisp_patch_thread *thread = wisp_patch_thread_get();
    if (!thread || thread->is_inside) {
        skip(detour);
        return false;
    }
    thread->is_inside = true;
    bool is_handled = LIKELY(thread->depth == 0) ? enter(thread, frame, detour)
                                                 : enter_within(thread, frame, detour);
    thread->is_inside = false;
    return is_handled;
}

void wisp_patch_on_drop(wisp_patch_thread *thread, const wisp_patch_activation *activation)
{
    (void)thread;
    if (activation->run)
        wisp_patch_seat_drop(activation->run, (uint32_t)activation->mark);
}
