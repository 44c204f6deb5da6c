#ifndef WISP_WASM_OUTSIDE_H
#define WISP_WASM_OUTSIDE_H

#include "wasm/runtime.h"

/*
 * Outside access (wisp_module_load_outside): how the instructions of a module that has it access
 * memory. All of them are reached through this table, which the module points at, so that a
 * program that loads no such module does not have them.
 *
 * Where bytes are is decided by the first of them: see wasm.h. In memories of 32-bit addresses
 * they are inside or nowhere, as ever.
 */

struct wisp_outside_access {
    /* Handlers in place of others (code.h); NULL where LOAD_ANY and STORE_ANY do it all. */
    void (*const *handlers)(void);

    /* Finds the [size] bytes at the sum of [base] and the offset of [memarg] (access.h), their
     * *[address]: *[linear] is NULL where they are outside. MEMORY where they are nowhere. */
    wisp_trap_code (*find)(wisp_exec *x, const wisp_slot *base, const uint16_t *memarg,
                           size_t size, uint64_t *address, uint8_t **linear);

    /* Loads and stores of numbers of [size] bytes, likewise. */
    wisp_trap_code (*load)(wisp_exec *x, const wisp_slot *base, const uint16_t *memarg,
                           size_t size, uint64_t *out);
    wisp_trap_code (*store)(wisp_exec *x, const wisp_slot *base, const uint16_t *memarg,
                            size_t size, uint64_t value);

    /* Atomic access to numbers outside; MEMORY where the program refuses. */
    wisp_trap_code (*get)(wisp_exec *x, uint64_t address, size_t size, uint64_t *out);
    wisp_trap_code (*put)(wisp_exec *x, uint64_t address, size_t size, uint64_t value);
    wisp_trap_code (*exchange)(wisp_exec *x, uint64_t address, size_t size, uint64_t *expected,
                               uint64_t value);
    wisp_trap_code (*refuse)(wisp_exec *x, uint64_t address);

    /* memory.fill, memory.copy, memory.init, of [size] bytes, with the fuel that they cost. */
    wisp_trap_code (*fill)(wisp_exec *x, const wisp_memory *memory, uint64_t to, uint8_t value,
                           uint64_t size);
    wisp_trap_code (*copy)(wisp_exec *x, const wisp_memory *into, uint64_t to,
                           const wisp_memory *out_of, uint64_t from, uint64_t size);
    wisp_trap_code (*init)(wisp_exec *x, const wisp_memory *memory, uint64_t to,
                           const uint8_t *from, uint64_t size);
};

/* Those of interp_outside.c. */
extern void (*const wisp_outside_handlers[])(void);

/* What [module] has; NULL for most, and in builds without. */
#ifdef WISP_WITHOUT_OUTSIDE
static inline const wisp_outside_access *wisp_module_outside(const wisp_module *module)
{
    (void)module;
    return NULL;
}
#else
static inline const wisp_outside_access *wisp_module_outside(const wisp_module *module)
{
    return module->outside;
}
#endif

/* That of the running one. */
static inline const wisp_outside_access *wisp_outside_of(const wisp_exec *x)
{
    return wisp_module_outside(x->instance->module);
}

#endif
