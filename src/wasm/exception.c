#include <string.h>

#include "wasm/runtime.h"
#include "wasm/types.h"

/* Tags and exceptions, as modules throw them and as the program makes, reads and throws them. */

/* ------------------------------------------------------------------ tags */

wisp_status wisp_tag_make(wisp_store *store, uint32_t type, const wisp_functype *functype,
                          wisp_tag **out, wisp_error *err)
{
    wisp_tag *tag = wisp_arena_alloc(&store->arena, 1, sizeof *tag);
    if (!tag)
        return wisp_fail_memory(err, sizeof *tag);
    *tag = (wisp_tag){type, functype, store};
    *out = tag;
    return WISP_OK;
}

wisp_status wisp_tag_new(wisp_store *store, const char *signature, wisp_tag **out,
                         wisp_error *err)
{
    wisp_functype *type = wisp_arena_alloc(&store->arena, 1, sizeof *type);
    if (!type)
        return wisp_fail_memory(err, sizeof *type);
    wisp_type_entry known;
    wisp_status status = wisp_functype_parse(&store->arena, signature, type, err);
    if (status == WISP_OK && type->result_count)
        status = wisp_fail(err, WISP_INVALID, "a tag with results, '%s'", signature);
    if (status == WISP_OK)
        status = wisp_store_type(store, type, &known, err);
    return status ? status : wisp_tag_make(store, known.number, known.type, out, err);
}

wisp_functype wisp_tag_type(const wisp_tag *tag)
{
    return *tag->functype;
}

/* ------------------------------------------------------------------ thrown by modules */

wisp_trap_code wisp_exception_raise(wisp_exec *x, uint32_t tag_index, const wisp_slot *args)
{
    wisp_tag *tag = x->instance->tags[tag_index];
    uint32_t count = wisp_tag_slots(tag);
    wisp_exception *e = wisp_exception_make(tag, args + count);
    if (!e)
        return WISP_TRAP_EXCEPTIONS;
    if (count)
        memcpy(e->values, args, count * sizeof *args);
    x->store->exceptions.thrown = e;
    x->store->failed = NULL;
    return WISP_TRAP_NONE;
}

wisp_trap_code wisp_exception_raise_again(wisp_exec *x, wisp_exception *exception)
{
    x->store->exceptions.thrown = exception;
    x->store->failed = NULL;
    return exception ? WISP_TRAP_NONE : WISP_TRAP_NULL_REFERENCE;
}

/* ------------------------------------------------------------------ the program's */

/* Keeps the exceptions among [values] from being freed, or no more. */
static void hold_values(const wisp_value *values, uint32_t count, bool hold)
{
    for (uint32_t i = 0; i < count; i++)
        if (wisp_valtype_is_exn(values[i].type) && values[i].of.exnref)
            values[i].of.exnref->holds += hold ? 1 : UINT32_MAX;
}

static wisp_status check_values(const wisp_functype *type, const wisp_value *values,
                                uint32_t count, wisp_error *err)
{
    char found[WISP_VALTYPE_TEXT_MAX], wanted[WISP_VALTYPE_TEXT_MAX];
    if (count != type->param_count)
        return wisp_fail(err, WISP_MISMATCH, "an exception of %u values, its tag has %u", count,
                         type->param_count);
    for (uint32_t i = 0; i < count; i++)
        if (!wisp_value_fits(&values[i], type->params[i]))
            return wisp_fail(err, WISP_MISMATCH, "value %u of an exception is %s, expected %s", i,
                             wisp_valtype_print(values[i].type, found),
                             wisp_valtype_print(type->params[i], wanted));
    return WISP_OK;
}

wisp_status wisp_exception_new(wisp_tag *tag, const wisp_value *values, uint32_t count,
                               wisp_exception **out, wisp_error *err)
{
    wisp_store *store = tag->store;
    wisp_status status = check_values(tag->functype, values, count, err);
    if (status)
        return status;
    hold_values(values, count, true);
    wisp_exception *e = wisp_exception_make(tag, wisp_exec_top(&store->exec));
    hold_values(values, count, false);
    if (!e)
        return wisp_fail(err, WISP_LIMIT, "no room for an exception, %llu of %llu bytes are used",
                         (unsigned long long)store->exceptions.size,
                         (unsigned long long)store->exceptions.size_max);
    wisp_slot *slots = e->values;
    for (uint32_t i = 0; i < count; i++)
        slots += wisp_value_give(&values[i], values[i].type, slots);
    e->holds = 1;
    *out = e;
    return WISP_OK;
}

void wisp_exception_hold(wisp_exception *exception)
{
    exception->holds++;
}

void wisp_exception_release(wisp_exception *exception)
{
    if (exception)
        exception->holds--;
}

wisp_tag *wisp_exception_tag(const wisp_exception *exception)
{
    return exception->tag;
}

bool wisp_exception_value(const wisp_exception *exception, uint32_t index, wisp_value *out)
{
    const wisp_functype *type = exception->tag->functype;
    if (index >= type->param_count)
        return false;
    const wisp_slot *slots = exception->values + wisp_valtypes_slots(type->params, index);
    *out = wisp_value_of_slots(slots, type->params[index]);
    return true;
}

wisp_status wisp_exception_throw(wisp_exception *exception)
{
    exception->tag->store->exceptions.thrown = exception;
    return WISP_TRAP;
}

wisp_exception *wisp_store_exception(const wisp_store *store)
{
    return store->exceptions.uncaught;
}
