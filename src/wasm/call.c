#include <string.h>

#include "wasm/runtime.h"
#include "wasm/types.h"

/*
 * Calls between the program and modules, and between instances. Calls within an instance
 * are the interpreter's own (ops.inc).
 */

static size_t stack_left(const wisp_exec *x, const wisp_slot *from)
{
    return (size_t)(x->stack_end - from) * sizeof(wisp_slot);
}

static uint32_t slots_of(wisp_func *func)
{
    if (func->slots == 0)
        func->slots = wisp_functype_slots(func->functype) + 1;
    return func->slots - 1;
}

static void get_values(wisp_value *values, const wisp_slot *slots, const wisp_valtype *types,
                       uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        wisp_value_take(&values[i], slots, types[i]);
        slots += wisp_valtype_slots(types[i]);
    }
}

static void put_values(wisp_slot *slots, const wisp_value *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        slots += wisp_value_to_slots(&values[i], slots);
}

/* ------------------------------------------------------------------ into the program */

/* Makes room for results of [type], without what the stack had there. */
static void clear_results(const wisp_functype *type, wisp_value *results)
{
    for (uint32_t i = 0; i < type->result_count; i++)
        results[i] = (wisp_value){.type = type->results[i]};
}

/* Puts [results] into [slots], as of the types that they should have; false if one of them is a
 * null that its type excludes. */
static bool put_results(const wisp_functype *type, wisp_value *results, wisp_slot *slots)
{
    for (uint32_t i = 0; i < type->result_count; i++) {
        wisp_valtype wanted = type->results[i];
        if ((wanted & WISP_NON_NULL) && !wisp_value_fits(&results[i], wanted))
            return false;
        results[i].type = wanted;
        slots += wisp_value_to_slots(&results[i], slots);
    }
    return true;
}

static void set_failure(wisp_store *store, const wisp_func *func, const wisp_error *err,
                        wisp_status status)
{
    const char *text = err->text[0] ? err->text : wisp_status_name(status);
    size_t size = strlen(text);
    memcpy(store->failure, text, size + 1);
    store->failed = func;
}

/* Runs the host function on [values], which has the arguments, then room for results; those go
 * to [slots]. */
static wisp_status run_host(wisp_exec *x, const wisp_func *func, wisp_value *values,
                            wisp_slot *slots, wisp_slot *frame)
{
    wisp_store *store = x->store;
    const wisp_functype *type = func->functype;
    wisp_value *results = values + type->param_count;
    wisp_callout callout = {store->callout, func, x->instance, x->next, frame};
    wisp_error err; /* whose text is long: only its first byte must be set */
    err.status = WISP_OK;
    err.offset = WISP_NO_OFFSET;
    err.text[0] = '\0';
    wisp_slot *top = x->top;
    store->callout = &callout;
    store->exceptions.thrown = NULL;
    x->top = (wisp_slot *)(void *)(results + type->result_count);
    wisp_status status = func->host(func->user, x->instance, values, results, &err);
    x->top = top;
    store->callout = callout.outer;
    wisp_exec_reload(x);
    if (!status && !put_results(type, results, slots))
        status =
            wisp_fail(&err, WISP_MISMATCH, "a host function gave null for a type without it");
    if (status)
        set_failure(store, func, &err, status);
    return status;
}

wisp_trap_code wisp_call_host(wisp_exec *x, wisp_slot *frame)
{
    wisp_func *func = x->callee;
    const wisp_functype *type = func->functype;
    wisp_slot *args = x->args;
    uint32_t slots = slots_of(func);
    size_t count = (size_t)type->param_count + type->result_count;
    if (stack_left(x, args) < slots * sizeof(wisp_slot) + count * sizeof(wisp_value))
        return WISP_TRAP_STACK;
    wisp_value *values = (wisp_value *)(void *)(args + slots);
    get_values(values, args, type->params, type->param_count);
    clear_results(type, values + type->param_count);
    if (run_host(x, func, values, args, frame))
        return x->store->exceptions.thrown ? WISP_TRAP_EXCEPTION : WISP_TRAP_HOST;
    x->store->exceptions.thrown = NULL;
    return WISP_TRAP_NONE;
}

/* ------------------------------------------------------------------ into another instance */

wisp_slot *wisp_call_bridge(wisp_exec *x, wisp_slot *frame, const wisp_compiled *code)
{
    wisp_func *callee = x->callee;
    uint32_t slots = slots_of(callee);
    wisp_slot *bridge = x->args + slots;
    size_t needed = WISP_BRIDGE_SLOTS * sizeof(wisp_slot) + code->frame_size;
    if (bridge > x->stack_end || stack_left(x, bridge) < needed)
        return NULL;
    bridge[WISP_BRIDGE_RETURN].ptr = x->next;
    bridge[WISP_BRIDGE_FRAME].ref = frame;
    bridge[WISP_BRIDGE_INSTANCE].ref = x->instance;
    bridge[WISP_BRIDGE_RESULTS].ref = x->args;
    bridge[WISP_BRIDGE_COUNT].u32 = slots;
    memcpy(bridge + WISP_BRIDGE_SLOTS, x->args, slots * sizeof(wisp_slot));
    wisp_exec_enter(x, callee->instance);
    return bridge;
}

/* A frame that returns to a bridge or to the program gives its place away as it is: there its
 * instance is left anyway. */
static bool is_boundary(const uint16_t *pc)
{
    return pc == wisp_code_exit.units || pc == wisp_code_resume.units;
}

wisp_slot *wisp_call_replace(wisp_exec *x, wisp_slot *frame, const wisp_slot *header,
                             const wisp_compiled *code)
{
    wisp_func *callee = x->callee;
    const wisp_functype *type = callee->functype;
    const uint16_t *next = header[WISP_HEADER_RETURN].ptr;
    wisp_slot *back = header[WISP_HEADER_FRAME].ref;
    size_t needed = code->frame_size;
    if (!is_boundary(next))
        needed += (slots_of(callee) + WISP_BRIDGE_SLOTS) * sizeof(wisp_slot);
    if (stack_left(x, frame) < needed)
        return NULL;
    memmove(frame, x->args,
            wisp_valtypes_slots(type->params, type->param_count) * sizeof(wisp_slot));
    x->args = frame;
    x->next = next;
    x->back = back;
    if (is_boundary(next)) {
        wisp_exec_enter(x, callee->instance);
        return frame;
    }
    wisp_slot *bridge = wisp_call_bridge(x, back, code);
    x->next = wisp_code_resume.units;
    x->back = bridge;
    return bridge + WISP_BRIDGE_SLOTS;
}

void wisp_call_unbridge(wisp_exec *x, wisp_slot *bridge)
{
    memcpy(bridge[WISP_BRIDGE_RESULTS].ref, bridge + WISP_BRIDGE_SLOTS,
           bridge[WISP_BRIDGE_COUNT].u32 * sizeof(wisp_slot));
    wisp_exec_enter(x, bridge[WISP_BRIDGE_INSTANCE].ref);
}

/* ------------------------------------------------------------------ out of the program */

/* Calls [func] with the arguments at exec.top, and leaves the results there. */
static wisp_trap_code enter(wisp_func *func)
{
    wisp_store *store = func->store;
    wisp_exec *x = &store->exec;
    x->callee = func;
    x->args = x->top;
    x->next = NULL;
    x->pc = NULL;
    if (store->depth == store->depth_max)
        return WISP_TRAP_STACK;
    if (wisp_store_take_interrupt(store))
        return WISP_TRAP_INTERRUPTED;
    store->depth++;
    wisp_exec_enter(x, func->instance);
    if (func->function)
        wisp_interp_run(wisp_code_entry.units, x->top, x->memory, x);
    else
        x->trap = wisp_call_host(x, NULL);
    store->depth--;
    return x->trap;
}

static wisp_status check_call(const wisp_func *func, const wisp_value *args, uint32_t arg_count,
                              uint32_t result_count, wisp_error *err)
{
    const wisp_functype *type = func->functype;
    if (arg_count != type->param_count || result_count != type->result_count)
        return wisp_fail(err, WISP_MISMATCH,
                         "a call with %u arguments and %u results, expected %u and %u", arg_count,
                         result_count, type->param_count, type->result_count);
    char found[WISP_VALTYPE_TEXT_MAX], wanted[WISP_VALTYPE_TEXT_MAX];
    for (uint32_t i = 0; i < arg_count; i++)
        if (!wisp_value_fits(&args[i], type->params[i]))
            return wisp_fail(err, WISP_MISMATCH, "argument %u is %s, expected %s", i,
                             wisp_valtype_print(args[i].type, found),
                             wisp_valtype_print(type->params[i], wanted));
    return WISP_OK;
}

wisp_status wisp_call(wisp_func *func, const wisp_value *args, uint32_t arg_count,
                      wisp_value *results, uint32_t result_count, wisp_error *err)
{
    wisp_status status = check_call(func, args, arg_count, result_count, err);
    if (status)
        return status;
    wisp_exec *x = &func->store->exec;
    wisp_instance *outer = x->instance;
    wisp_slot *base = x->top;
    wisp_trap_code trap = WISP_TRAP_STACK;
    x->pc = NULL;
    if (stack_left(x, base) >= slots_of(func) * sizeof(wisp_slot)) {
        put_values(base, args, arg_count);
        trap = enter(func);
    }
    if (trap)
        status = wisp_trap_record(func->store, trap, err);
    else
        get_values(results, base, func->functype->results, result_count);
    wisp_exec_enter(x, outer);
    return status;
}

wisp_status wisp_call_export(wisp_instance *instance, const char *name, const wisp_value *args,
                             uint32_t arg_count, wisp_value *results, uint32_t result_count,
                             wisp_error *err)
{
    wisp_func *func = wisp_instance_func(instance, name);
    if (!func)
        return wisp_fail(err, WISP_NOT_FOUND, "no exported function '%s'", name);
    return wisp_call(func, args, arg_count, results, result_count, err);
}
