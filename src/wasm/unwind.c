#include "wasm/activation.h"

/* Finding who catches an exception (Spec 4.6.10): by the handlers of each function on the
 * stack, which cost nothing until then. */

enum { HANDLERS_PER_FUEL = 16 };

static bool covers(const wisp_handler *handler, uint32_t unit, uint32_t depth)
{
    return unit >= handler->start && unit < handler->end && handler->depth <= depth;
}

/* The handler of [a] for [exception]: inner ones come first. NULL without one. */
static const wisp_handler *find_handler(const wisp_activation *a, const wisp_exception *exception)
{
    const wisp_compiled *code = a->code;
    uint32_t unit = wisp_compiled_unit(code, a->pc), depth = UINT32_MAX;
    for (uint32_t i = 0; i < code->handler_count; i++) {
        const wisp_handler *handler = &code->handlers[i];
        if (!covers(handler, unit, depth))
            continue;
        if (handler->kind == WISP_HANDLER_DELEGATE)
            depth = handler->target;
        else if (handler->kind == WISP_HANDLER_ALL ||
                 a->instance->tags[handler->tag] == wisp_exception_tag(exception))
            return handler;
    }
    return NULL;
}

/* Makes [handler] what goes on. */
static void land(wisp_exec *x, const wisp_activation *a, const wisp_handler *handler,
                 wisp_exception *exception)
{
    if (handler->kind == WISP_HANDLER_TAG)
        wisp_exception_unpack(exception, a->frame + handler->slot);
    if (handler->ref_slot != WISP_NO_SLOT)
        a->frame[handler->ref_slot].ref = exception;
    x->store->exceptions.thrown = NULL;
    x->pc = a->code->units + (handler->target - a->code->first);
    x->frame = a->frame;
    wisp_exec_enter(x, a->instance);
}

wisp_trap_code wisp_unwind(wisp_exec *x)
{
    wisp_store *store = x->store;
    wisp_exception *exception = store->exceptions.thrown;
    wisp_activation a;
    bool is_inside = wisp_activation_at(store, x->instance, x->pc, x->frame, &a);
    bool may_catch = !x->is_leaving;
    x->is_leaving = false;
    while (is_inside) {
        wisp_trap_code trap =
            wisp_store_charge(store, 1 + a.code->handler_count / HANDLERS_PER_FUEL);
        if (trap)
            return trap;
        const wisp_handler *handler = may_catch ? find_handler(&a, exception) : NULL;
        may_catch = true;
        if (handler) {
            trap = wisp_store_charge(store, (uint64_t)a.code->weight);
            if (!trap)
                land(x, &a, handler, exception);
            return trap;
        }
        is_inside = wisp_activation_outer(store, &a);
    }
    return WISP_TRAP_EXCEPTION;
}
