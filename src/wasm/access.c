#include "wasm/access.h"

#include "wasm/interp.h"

/* Loads and stores that name their memory: one instruction for all, which carries the code of
 * the handler for memory 0 that does the same. */

wisp_trap_code wisp_slow_load_any(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    const wisp_slot *address = &fp[pc[2]];
    const uint8_t *from = NULL;
    switch (pc[3 + WISP_UNITS_MEMARG]) {
#define X(name, out_field, stored, extended)                                                     \
    case WISP_CODE_##name:                                                                       \
        from = wisp_access(x, address, pc + 3, sizeof(stored));                                  \
        if (from)                                                                                \
            fp[pc[1]].out_field = (TYPE_##out_field)(extended)wisp_get_##stored(from);           \
        break;
        WISP_CODE_LOAD(X)
#undef X
    }
    return from ? WISP_TRAP_NONE : WISP_TRAP_MEMORY;
}

wisp_trap_code wisp_slow_store_any(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    const wisp_slot *address = &fp[pc[1]];
    uint8_t *to = NULL;
    switch (pc[3 + WISP_UNITS_MEMARG]) {
#define X(name, in_field, stored)                                                                \
    case WISP_CODE_##name:                                                                       \
        to = wisp_access(x, address, pc + 3, sizeof(stored));                                    \
        if (to)                                                                                  \
            wisp_put_##stored(to, (stored)fp[pc[2]].in_field);                                   \
        break;
        WISP_CODE_STORE(X)
#undef X
    }
    return to ? WISP_TRAP_NONE : WISP_TRAP_MEMORY;
}
