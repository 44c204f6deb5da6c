#include "wasm/types.h"
#include "wasm/walk.h"

/* For callers that are not faster with them in place (builds for size). */
extern inline void wisp_walk_use(wisp_compiler *c, uint32_t features);
extern inline uint32_t wisp_walk_u32(wisp_compiler *c, const char *expected);
extern inline uint32_t wisp_walk_index(wisp_compiler *c, const char *what, uint32_t count);

void wisp_walk_refuse(wisp_compiler *c, uint32_t features)
{
    wisp_compile_fail(c, WISP_UNSUPPORTED, "%s uses %s: %s", wisp_compile_text(c),
                      wisp_feature_name(features), wisp_feature_refusal(features));
}

uint32_t wisp_walk_no_u32(wisp_compiler *c, const char *expected)
{
    wisp_compile_fail(c, WISP_MALFORMED, "%s expects %s", wisp_compile_text(c), expected);
    return 0;
}

uint32_t wisp_walk_long_index(wisp_compiler *c, const char *what, uint32_t count)
{
    uint32_t index = wisp_walk_u32(c, "an index");
    if (c->status == WISP_OK && index >= count)
        wisp_compile_fail(c, WISP_MISMATCH, "%s: unknown %s %u, expected less than %u",
                          wisp_compile_text(c), what, index, count);
    return c->status ? 0 : index;
}

uint8_t wisp_walk_byte(wisp_compiler *c, const char *expected)
{
    uint8_t byte = 0;
    if (!wisp_read_u8(&c->r, &byte))
        wisp_compile_fail(c, WISP_MALFORMED, "%s expects %s, found the body's end",
                          wisp_compile_text(c), expected);
    return byte;
}

/* Takes over what reading a type came to. */
static wisp_valtype take_type(wisp_compiler *c, wisp_valtype type, wisp_status status,
                              const wisp_error *why)
{
    if (status)
        wisp_compile_fail(c, status, "%s", why->text);
    wisp_walk_use(c, wisp_valtype_feature(type));
    return status ? 0 : type;
}

wisp_valtype wisp_walk_valtype(wisp_compiler *c)
{
    wisp_error why;
    wisp_valtype type;
    wisp_status status = wisp_valtype_read(c->module, &c->r, &type, &why);
    return take_type(c, type, status, &why);
}

wisp_valtype wisp_walk_heaptype(wisp_compiler *c)
{
    wisp_error why;
    wisp_valtype type;
    wisp_status status = wisp_heaptype_read(c->module, &c->r, &type, &why);
    return take_type(c, type, status, &why);
}

uint32_t wisp_walk_type(wisp_compiler *c)
{
    uint32_t index = wisp_walk_index(c, "type", c->module->type_count);
    return c->status ? 0 : c->module->first_equal[index];
}

uint32_t wisp_walk_table(wisp_compiler *c)
{
    return wisp_walk_index(c, "table", c->module->table_count);
}

wisp_valtype wisp_walk_table_type(const wisp_compiler *c, uint32_t table)
{
    return c->status ? WISP_FUNCREF : c->module->tables[table].type.element;
}

wisp_valtype wisp_walk_table_index(const wisp_compiler *c, uint32_t table)
{
    return wisp_index_type(c->status == WISP_OK && c->module->tables[table].type.is_64);
}

/* ------------------------------------------------------------------ memories */

uint32_t wisp_walk_memory(wisp_compiler *c)
{
    uint32_t memory = wisp_walk_index(c, "memory", c->module->memory_count);
    if (memory != 0)
        wisp_walk_use(c, WISP_FEATURE_MULTI_MEMORY);
    return memory;
}

wisp_valtype wisp_walk_address(const wisp_compiler *c, uint32_t memory)
{
    return wisp_index_type(c->status == WISP_OK && c->module->memories[memory].is_64);
}
