#include <string.h>

#include "wasm/raw_call.h"
#include "wasm/types.h"

/*
 * Calls between the program and modules, and between instances. Calls within an instance
 * are the interpreter's own (ops.inc).
 */

static void get_values(wisp_value *values, const wisp_slot *slots, const wisp_valtype *types,
                       uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        slots += wisp_value_take(&values[i], types[i], slots);
}

static void put_values(wisp_slot *slots, const wisp_value *values, const wisp_valtype *types,
                       uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        slots += wisp_value_give(&values[i], types[i], slots);
}

/* ------------------------------------------------------------------ into the program */

static wisp_value *value_at(wisp_slot *slots, uint32_t offset)
{
    return (wisp_value *)(void *)((uint8_t *)slots + offset);
}

/* Makes room for results of [type], without what the stack had there. */
static void clear_results(const wisp_functype *type, wisp_value *results)
{
    for (uint32_t i = 0; i < type->result_count; i++)
        results[i] = (wisp_value){.type = type->results[i]};
}

/* Whether none of [results] is a null that its type excludes. */
static bool are_allowed(const wisp_functype *type, const wisp_value *results)
{
    for (uint32_t i = 0; i < type->result_count; i++)
        if ((type->results[i] & WISP_NON_NULL) && !results[i].of.externref)
            return false;
    return true;
}

/* Makes the call exec.out. Which types the function gave to its results does not matter. */
__attribute__((noinline)) static wisp_status run_host(wisp_exec *x, wisp_error *err)
{
    const wisp_functype *type = x->out.callee->functype;
    const wisp_program_func *host = x->out.callee->host;
    wisp_slot *slots = x->out.args;
    wisp_value *args = value_at(slots, host->args_at);
    wisp_value *results = value_at(slots, host->results_at);
    get_values(args, slots, type->params, type->param_count);
    clear_results(type, results);
    wisp_status status = host->fn(host->user, x->instance, args, results, err);
    if (status)
        return status;
    if (!are_allowed(type, results))
        return wisp_fail(err, WISP_MISMATCH, "a host function gave null for a type without it");
    put_values(slots, results, type->results, type->result_count);
    return WISP_OK;
}

/* The same for simple functions, which is what most are. One without a result leaves something
 * where nobody looks. */
static wisp_status run_simple(wisp_exec *x, wisp_error *err)
{
    const wisp_valtype *types = x->out.callee->functype->params;
    const wisp_program_func *host = x->out.callee->host;
    wisp_slot *slots = x->out.args;
    wisp_value *args = value_at(slots, host->args_at);
    wisp_value *result = value_at(slots, host->results_at);
    for (wisp_value *arg = args; arg != result; arg++, slots++, types++) {
        arg->type = *types;
        wisp_value_put(arg, wisp_slot_copy(slots, *types));
    }
    result->type = host->result;
    wisp_value_put(result, (wisp_slot){.u64 = 0});
    wisp_status status = host->fn(host->user, x->instance, args, result, err);
    *x->out.args = wisp_slot_copy(&result->of, x->out.callee->host->result);
    return status;
}

/* Keeps the words of the function exec.out, which failed. Returns false. */
__attribute__((noinline)) static bool fail_host(wisp_exec *x, wisp_status status,
                                                const wisp_error *err)
{
    wisp_store *store = x->store;
    const char *text = err->text[0] ? err->text : wisp_status_name(status);
    memcpy(store->failure, text, strlen(text) + 1);
    store->failed = x->out.callee;
    x->trap = store->exceptions.thrown ? WISP_TRAP_EXCEPTION : WISP_TRAP_HOST;
    return false;
}

bool wisp_call_host(wisp_exec *x)
{
    const wisp_program_func *host = x->out.callee->host;
    if (wisp_exec_left(x, x->out.args) < host->end_at) {
        x->trap = WISP_TRAP_STACK;
        return false;
    }
    if (x->store->exceptions.thrown) /* by one that returned as if it had not */
        x->store->exceptions.thrown = NULL;
    wisp_error err; /* whose text is long: only its first byte must be set */
    err.text[0] = '\0';
    wisp_status status = host->is_simple ? run_simple(x, &err)
                         : host->raw_fn ? host->raw_fn(host->user, x->instance, x->out.args, &err)
                                        : run_host(x, &err);
    return status == WISP_OK || fail_host(x, status, &err);
}

/* ------------------------------------------------------------------ into another instance */

wisp_slot *wisp_call_bridge(wisp_exec *x, const wisp_compiled *code)
{
    const wisp_callout *out = &x->out;
    wisp_func *callee = out->callee;
    uint32_t slots = wisp_func_slots(callee);
    wisp_slot *bridge = out->args + slots;
    uint64_t needed = (uint64_t)code->frame_size + WISP_BRIDGE_SLOTS * sizeof(wisp_slot);
    if (bridge > x->stack_end || wisp_exec_left(x, bridge) < needed)
        return NULL;
    bridge[WISP_BRIDGE_RETURN].ptr = out->next;
    bridge[WISP_BRIDGE_FRAME].ref = out->frame;
    bridge[WISP_BRIDGE_INSTANCE].ref = x->instance;
    bridge[WISP_BRIDGE_RESULTS].ref = out->args;
    bridge[WISP_BRIDGE_COUNT].u32 = slots;
    memcpy(bridge + WISP_BRIDGE_SLOTS, out->args, slots * sizeof(wisp_slot));
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
    wisp_callout *out = &x->out;
    wisp_func *callee = out->callee;
    const wisp_functype *type = callee->functype;
    const uint16_t *next = header[WISP_HEADER_RETURN].ptr;
    wisp_slot *back = header[WISP_HEADER_FRAME].ref;
    uint64_t needed = code->frame_size;
    if (!is_boundary(next))
        needed += (wisp_func_slots(callee) + WISP_BRIDGE_SLOTS) * sizeof(wisp_slot);
    if (wisp_exec_left(x, frame) < needed)
        return NULL;
    memmove(frame, out->args,
            wisp_valtypes_slots(type->params, type->param_count) * sizeof(wisp_slot));
    out->args = frame;
    out->next = next;
    out->frame = back;
    if (is_boundary(next)) {
        wisp_exec_enter(x, callee->instance);
        return frame;
    }
    wisp_slot *bridge = wisp_call_bridge(x, code);
    out->next = wisp_code_resume.units;
    out->frame = bridge;
    return bridge + WISP_BRIDGE_SLOTS;
}

void wisp_call_unbridge(wisp_exec *x, wisp_slot *bridge)
{
    memcpy(bridge[WISP_BRIDGE_RESULTS].ref, bridge + WISP_BRIDGE_SLOTS,
           bridge[WISP_BRIDGE_COUNT].u32 * sizeof(wisp_slot));
    wisp_exec_enter(x, bridge[WISP_BRIDGE_INSTANCE].ref);
}

/* ------------------------------------------------------------------ out of the program */

/* Makes the call exec.out, of [func]. */
static wisp_trap_code enter(wisp_func *func)
{
    wisp_store *store = func->store;
    wisp_exec *x = &store->exec;
    if (store->depth == store->depth_max)
        return WISP_TRAP_STACK;
    if (wisp_store_take_interrupt(store))
        return WISP_TRAP_INTERRUPTED;
    store->depth++;
    if (x->instance != func->instance)
        wisp_exec_enter(x, func->instance);
    if (func->function)
        wisp_interp_run(wisp_code_entry.units, x->out.args, x->memory, x);
    else if (wisp_call_host(x))
        x->trap = WISP_TRAP_NONE;
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

wisp_trap_code wisp_raw_call_any(wisp_func *func, wisp_slot *slots, wisp_error *err)
{
    wisp_store *store = func->store;
    wisp_exec *x = &store->exec;
    wisp_callback back;
    wisp_callback_begin(store, &back);
    x->out = (wisp_callout){.callee = func, .args = slots};
    x->pc = NULL;
    wisp_trap_code trap = slots ? enter(func) : WISP_TRAP_STACK;
    if (trap)
        wisp_trap_record(store, trap, err);
    wisp_callback_end(store, &back);
    return trap;
}

wisp_status wisp_call(wisp_func *func, const wisp_value *args, uint32_t arg_count,
                      wisp_value *results, uint32_t result_count, wisp_error *err)
{
    wisp_status status = check_call(func, args, arg_count, result_count, err);
    if (status)
        return status;
    wisp_slot *slots = wisp_raw_slots(func);
    if (slots)
        put_values(slots, args, func->functype->params, arg_count);
    if (wisp_raw_call(func, slots, err))
        return WISP_TRAP;
    get_values(results, slots, func->functype->results, result_count);
    return WISP_OK;
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
