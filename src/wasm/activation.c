#include "wasm/activation.h"

static bool holds(const wisp_function *function, const uint16_t *pc)
{
    const wisp_compiled *code = wisp_function_code(function);
    return (uintptr_t)pc >= (uintptr_t)code->units &&
           (uintptr_t)pc < (uintptr_t)(code->units + code->len);
}

/* The function of [module] whose code [pc] is in. */
static const wisp_function *look_for(const wisp_module *module, const uint16_t *pc)
{
    for (uint32_t i = module->imported_functions; i < module->function_count; i++)
        if (holds(&module->functions[i], pc))
            return &module->functions[i];
    return NULL;
}

/* The same; the answers of late are kept. */
static const wisp_function *function_at(wisp_store *store, const wisp_module *module,
                                        const uint16_t *pc)
{
    uintptr_t hash = (uintptr_t)pc / sizeof *pc;
    const wisp_function **recent = &store->recent[(hash ^ hash >> 7) % WISP_RECENT_FUNCTIONS];
    if (!*recent || !holds(*recent, pc))
        *recent = look_for(module, pc);
    return *recent;
}

bool wisp_activation_at(wisp_store *store, wisp_instance *instance, const uint16_t *pc,
                        wisp_slot *frame, wisp_activation *out)
{
    *out = (wisp_activation){.instance = instance, .pc = pc, .frame = frame};
    if (pc && instance)
        out->function = function_at(store, instance->module, pc);
    if (out->function)
        out->code = wisp_function_code(out->function);
    return out->function != NULL;
}

bool wisp_activation_outer(wisp_store *store, wisp_activation *a)
{
    const wisp_slot *header = a->frame + a->code->header;
    wisp_instance *instance = a->instance;
    const uint16_t *pc = header[WISP_HEADER_RETURN].ptr;
    wisp_slot *frame = header[WISP_HEADER_FRAME].ref;
    if (pc == wisp_code_exit.units)
        return false;
    if (pc == wisp_code_resume.units) {
        pc = frame[WISP_BRIDGE_RETURN].ptr;
        instance = frame[WISP_BRIDGE_INSTANCE].ref;
        frame = frame[WISP_BRIDGE_FRAME].ref;
    }
    /* From behind the call instruction into it. */
    return wisp_activation_at(store, instance, pc - 1, frame, a);
}
