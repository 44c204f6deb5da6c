#ifndef WISP_WASM_RAW_CALL_H
#define WISP_WASM_RAW_CALL_H

#include "wasm/runtime.h"

/*
 * Calls without wisp_values: arguments and results are where the engine itself has them, in slots
 * of the store's stack, and whoever calls knows their types. For callers who call so often, and
 * do so little each time, that copying and checking would be most of it.
 *
 * A value is in the field of its type: an i32 in u32 or i32, and what is in the upper half of its
 * slot says nothing; an i64 in u64 or i64, an f32, an f64. A reference is in ref, a v128 in two
 * slots. Arguments begin at slot 0, results come to slot 0.
 *
 *     wisp_slot *slots = wisp_raw_slots(func);
 *     if (slots) {
 *         slots[0].u32 = 20;
 *         slots[1].u32 = 22;
 *     }
 *     if (wisp_raw_call(func, slots, &err) == WISP_TRAP_NONE)
 *         sum = slots[0].u32;
 */

/* Where the arguments of the next call of [func] go, with room for them and its results; NULL if
 * the stack has none. Good until anything runs in the store. */
static inline wisp_slot *wisp_raw_slots(wisp_func *func)
{
    const wisp_exec *x = &func->store->exec;
    wisp_slot *slots = wisp_exec_top(x);
    return wisp_exec_left(x, slots) / sizeof(wisp_slot) >= wisp_func_slots(func) ? slots : NULL;
}

/* wisp_raw_call of anything from anywhere. */
wisp_trap_code wisp_raw_call_any(wisp_func *func, wisp_slot *slots, wisp_error *err);

/* Whether there is more to a call of [func] than to run it: it is the program's, or of another
 * instance than the last one, other calls are under way, or it is to be interrupted. */
static inline bool wisp_raw_is_special(const wisp_func *func)
{
    const wisp_store *store = func->store;
    return __builtin_expect(!func->function, 0) ||
           __builtin_expect(func->instance != store->exec.instance, 0) ||
           __builtin_expect(store->depth != 0, 0) ||
           __builtin_expect(atomic_load_explicit(&store->interrupted, memory_order_relaxed), 0);
}

/*
 * Calls [func] with the arguments in [slots], which wisp_raw_slots gave: NULL traps. Gives NONE,
 * or why it trapped: then wisp_store_trap and [err] have it, as after wisp_call. May be called
 * from a function of the program's that the store runs.
 */
static inline wisp_trap_code wisp_raw_call(wisp_func *func, wisp_slot *slots, wisp_error *err)
{
    wisp_store *store = func->store;
    wisp_exec *x = &store->exec;
    if (__builtin_expect(!slots, 0) || wisp_raw_is_special(func))
        return wisp_raw_call_any(func, slots, err);
    x->out = (wisp_callout){.callee = func, .args = slots};
    x->pc = NULL;
    store->depth = 1;
    wisp_interp_run(wisp_code_entry.units, slots, x->memory, x);
    store->depth = 0;
    if (__builtin_expect(x->trap != WISP_TRAP_NONE, 0))
        wisp_trap_record(store, x->trap, err);
    return x->trap;
}

/*
 * A function of the program's that takes its arguments from [slots] and puts its results there,
 * as many and of the types that its type says, which nobody checks. [caller], the status and
 * [err] are as those of wisp_host_fn; err->text is empty, the rest of it is not set.
 */
typedef wisp_status (*wisp_raw_fn)(void *user, wisp_instance *caller, wisp_slot *slots,
                                   wisp_error *err);

/* wisp_func_new for such a function. */
wisp_status wisp_raw_func_new(wisp_store *store, const char *name, wisp_functype type,
                              wisp_raw_fn fn, void *user, wisp_func **out, wisp_error *err);

#endif
