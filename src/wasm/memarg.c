#include "wasm/outside.h"
#include "wasm/walk.h"

/* Which memory an instruction accesses and where (Spec 5.4.7), and with which instruction. */

static void check_memarg(wisp_compiler *c, const wisp_memarg *memarg, uint32_t alignment,
                         uint32_t natural)
{
    if (memarg->memory >= c->module->memory_count)
        wisp_compile_fail(c, WISP_MISMATCH, "%s: unknown memory %u", wisp_compile_text(c),
                          memarg->memory);
    if (alignment > natural)
        wisp_compile_fail(c, WISP_MISMATCH,
                          "%s: alignment 2^%u must not be larger than natural, 2^%u",
                          wisp_compile_text(c), alignment, natural);
    if (memarg->offset > UINT32_MAX && wisp_walk_address(c, memarg->memory) == WISP_I32)
        wisp_compile_fail(c, WISP_MISMATCH,
                          "%s: offset out of range, 0x%llx in a memory of 32 bits",
                          wisp_compile_text(c), (unsigned long long)memarg->offset);
}

wisp_memarg wisp_walk_memarg(wisp_compiler *c, uint32_t natural)
{
    enum { HAS_MEMORY = 0x40 };
    wisp_memarg memarg = {0};
    uint32_t flags = wisp_walk_u32(c, "an alignment");
    uint32_t alignment = flags & ~(uint32_t)HAS_MEMORY;
    if (flags & HAS_MEMORY) {
        memarg.memory = wisp_walk_u32(c, "a memory index");
        wisp_walk_use(c, WISP_FEATURE_MULTI_MEMORY);
    }
    if (!wisp_read_leb_u64(&c->r, &memarg.offset))
        wisp_compile_fail(c, WISP_MALFORMED, "%s expects an offset", wisp_compile_text(c));
    if (alignment >= HAS_MEMORY)
        wisp_compile_fail(c, WISP_MALFORMED, "%s: malformed memop flags 0x%x",
                          wisp_compile_text(c), flags);
    check_memarg(c, &memarg, alignment, natural);
    return memarg;
}

/*
 * By the handlers for an ordinary memory 0, by those for a memory 0 of another kind, or by the
 * instruction that names its memory.
 */
typedef enum access { ACCESS_PLAIN, ACCESS_AT64, ACCESS_SHARED, ACCESS_ANY } access;

/* Whether accesses to memory 0, of [type], have handlers of their own in a module with outside
 * access (interp_outside.c). */
static bool has_outside_handlers(const wisp_module *module, const wisp_memory_type *type)
{
    return wisp_module_outside(module)->handlers && type->page_size == WISP_PAGE_SIZE &&
           type->limits.min > 0;
}

static access access_of(const wisp_compiler *c, const wisp_memarg *memarg)
{
    if (c->status || memarg->memory != 0 || memarg->offset > UINT32_MAX)
        return ACCESS_ANY;
    const wisp_memory_type *type = &c->module->memories[0];
    if (!WISP_HAS_MEMORY_FORMS && (type->is_shared || type->is_64))
        return ACCESS_ANY;
    if (wisp_module_outside(c->module) && type->is_64)
        return has_outside_handlers(c->module, type) && !memarg->is_upper_half ? ACCESS_AT64
                                                                               : ACCESS_ANY;
    if (type->is_shared)
        return type->is_64 ? ACCESS_ANY : ACCESS_SHARED;
    return type->is_64 ? ACCESS_AT64 : ACCESS_PLAIN;
}

static uint32_t code_at64(uint32_t code)
{
    switch (code) {
#define X(name, ...)                                                                             \
    case WISP_CODE_##name:                                                                       \
        return WISP_CODE_##name##_AT64;
        WISP_CODE_LOAD_AT64(X)
        WISP_CODE_STORE_AT64(X)
#undef X
    }
    return code;
}

static uint32_t code_shared(uint32_t code)
{
    switch (code) {
#define X(name, ...)                                                                             \
    case WISP_CODE_##name:                                                                       \
        return WISP_CODE_##name##_SHARED;
        WISP_CODE_LOAD_SHARED(X)
        WISP_CODE_STORE_SHARED(X)
#undef X
    }
    return code;
}

uint32_t wisp_memarg_code(const wisp_compiler *c, const wisp_memarg *memarg, uint32_t code,
                          uint32_t any)
{
    switch (access_of(c, memarg)) {
    case ACCESS_PLAIN:
        return code;
    case ACCESS_AT64:
        return code_at64(code);
    case ACCESS_SHARED:
        return code_shared(code);
    case ACCESS_ANY:
        break;
    }
    return any;
}

#ifdef WISP_HAS_OUTSIDE_HANDLERS
void wisp_emit_outside(wisp_compiler *c, uint32_t code, uint32_t unit)
{
    uint32_t number = code - WISP_CODE_AT64_FIRST;
    if (wisp_module_outside(c->module) && !c->is_listed && number < WISP_CODE_AT64_COUNT)
        memcpy(&c->code[unit], &wisp_module_outside(c->module)->handlers[number],
               sizeof(void (*)(void)));
}
#else
void wisp_emit_outside(wisp_compiler *c, uint32_t code, uint32_t unit)
{
    (void)c, (void)code, (void)unit;
}
#endif

void wisp_emit_memarg(wisp_compiler *c, const wisp_memarg *memarg)
{
    wisp_emit_32(c, memarg->memory);
    wisp_emit_64(c, memarg->offset);
}

void wisp_emit_place(wisp_compiler *c, const wisp_memarg *memarg, uint32_t code)
{
    if (access_of(c, memarg) != ACCESS_ANY) {
        wisp_emit_32(c, (uint32_t)memarg->offset);
        return;
    }
    wisp_emit_memarg(c, memarg);
    bool is_upper = wisp_module_outside(c->module) && memarg->is_upper_half;
    wisp_emit(c, (uint16_t)(is_upper ? code | WISP_ACCESS_UPPER_HALF : code));
}
