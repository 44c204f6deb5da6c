#include "wasm/runtime.h"
#include "wasm/types.h"

/* The type of a null [type]. */
static wisp_valtype null_of(wisp_valtype type)
{
    if (wisp_valtype_is_func(type))
        return WISP_NULLFUNCREF;
    return wisp_valtype_is_exn(type) ? WISP_NULLEXNREF : WISP_NULLEXTERNREF;
}

bool wisp_reference_fits(const wisp_value *value, wisp_valtype type)
{
    if (!wisp_valtype_is_ref(value->type))
        return false;
    if (value->of.externref == NULL)
        return wisp_valtype_has_null(type) && wisp_valtype_matches(null_of(value->type), type);
    if (!wisp_valtype_is_func(value->type))
        return wisp_valtype_matches(value->type | WISP_NON_NULL, type);
    return wisp_valtype_matches(wisp_typed_funcref(value->of.funcref->type) | WISP_NON_NULL,
                                type);
}

void wisp_global_register(wisp_global *global)
{
    if (!wisp_valtype_is_exn(global->type))
        return;
    global->next = global->store->exception_globals;
    global->store->exception_globals = global;
}

wisp_status wisp_global_new(wisp_store *store, bool is_mutable, wisp_value value,
                            wisp_global **out, wisp_error *err)
{
    if (!wisp_valtype_is_plain(value.type) || !wisp_value_fits(&value, value.type))
        return wisp_fail(
            err, WISP_INVALID,
            "a global of a type that is none, or of null that it does not have (0x%x)",
            (unsigned)value.type);
    wisp_global *global = wisp_arena_alloc(&store->arena, 1, sizeof *global);
    if (!global)
        return wisp_fail_memory(err, sizeof *global);
    wisp_value_give(&value, value.type, global->value);
    global->type = value.type;
    global->is_mutable = is_mutable;
    global->store = store;
    wisp_global_register(global);
    *out = global;
    return WISP_OK;
}

wisp_value wisp_global_get(const wisp_global *global)
{
    return wisp_value_of_slots(global->value, global->type);
}

wisp_status wisp_global_set(wisp_global *global, wisp_value value, wisp_error *err)
{
    if (!global->is_mutable)
        return wisp_fail(err, WISP_INVALID, "an immutable global cannot be set");
    if (!wisp_value_fits(&value, global->type)) {
        char found[WISP_VALTYPE_TEXT_MAX], wanted[WISP_VALTYPE_TEXT_MAX];
        return wisp_fail(err, WISP_MISMATCH, "a value of type %s for a global of %s",
                         wisp_valtype_print(value.type, found),
                         wisp_valtype_print(global->type, wanted));
    }
    wisp_value_give(&value, value.type, global->value);
    return WISP_OK;
}
