#include "state.h"

#include <stdio.h>
#include <string.h>

/* The parts of a module, and their sections (Spec 5.5). */

static bool is_equal(const list *one, const list *other)
{
    return one->len == other->len && memcmp(one->types, other->types, one->len) == 0;
}

uint32_t type_index(generator *g, const functype *type)
{
    for (uint32_t i = 0; i < g->type_count; i++) {
        if (is_equal(&g->types[i].params, &type->params) &&
            is_equal(&g->types[i].results, &type->results))
            return i;
    }
    g->types[g->type_count] = *type;
    return g->type_count++;
}

/* ------------------------------------------------------------------ choosing */

/* Takes one of the features away, now and then, so that modules are of all kinds. */
static void pick_features(generator *g)
{
    if (has(g, WISP_FEATURE_REFERENCE_TYPES) && once_in(g, 4))
        g->features &= ~(uint32_t)WISP_FEATURE_REFERENCE_TYPES;
    if (once_in(g, 2))
        g->features &= ~(uint32_t)WISP_FEATURE_FUNCTION_REFERENCES;
    if (once_in(g, 2))
        g->features &= ~(uint32_t)WISP_FEATURE_SIMD;
    if (once_in(g, 2))
        g->features &= ~(uint32_t)WISP_FEATURE_THREADS;
    if (once_in(g, 2))
        g->features &= ~(uint32_t)WISP_FEATURE_MEMORY64;
}

static void pick_funcs(generator *g)
{
    functype mark = {{{I32, I64, F32, F64}, 4}, {{I32}, 1}};
    g->funcs[g->func_count++] = type_index(g, &mark);
    g->funcs[g->func_count++] = type_index(g, &mark);
    for (uint32_t count = pick(g, FUNCS_MAX); count > 0; count--) {
        functype type = {.params.len = pick(g, ARITY_MAX + 1), .results.len = pick(g, ARITY_MAX)};
        for (uint32_t i = 0; i < type.params.len; i++)
            type.params.types[i] = pick_type(g);
        for (uint32_t i = 0; i < type.results.len; i++)
            type.results.types[i] = pick_type(g);
        g->funcs[g->func_count++] = type_index(g, &type);
    }
}

static void pick_globals(generator *g)
{
    g->globals[g->global_count++] = (global_type){I32, true};
    g->globals[g->global_count++] = (global_type){I64, true};
    for (uint32_t count = pick(g, GLOBALS_MAX - 1); count > 0; count--)
        g->globals[g->global_count++] = (global_type){pick_type(g), pick(g, 4) != 3};
}

static void pick_memories(generator *g)
{
    uint32_t count = has(g, WISP_FEATURE_MULTI_MEMORY) ? 2 : 1;
    for (; g->memory_count < count; g->memory_count++) {
        memory_type *m = &g->memories[g->memory_count];
        m->min = 1 + pick(g, 2);
        m->max = m->min + pick(g, 3);
        m->is_shared = has(g, WISP_FEATURE_THREADS) && once_in(g, 2);
        m->is_64 = has(g, WISP_FEATURE_MEMORY64) && once_in(g, 2);
    }
}

static void pick_tags(generator *g)
{
    static const functype TYPES[TAGS] = {
        {.params = {{I32}, 1}}, {.params.len = 0}, {.params = {{I64, F64}, 2}}};
    for (uint32_t i = 0; i < TAGS; i++)
        g->tags[i] = type_index(g, &TYPES[i]);
}

/* ------------------------------------------------------------------ sections */

static void put_section(buffer *out, uint8_t id, buffer *content)
{
    put(out, id);
    put_sized(out, content);
}

static void put_list(buffer *out, const list *types)
{
    put_u32(out, types->len);
    put_bytes(out, types->types, types->len);
}

static void put_types(generator *g, buffer *out)
{
    buffer section = {0};
    put_u32(&section, g->type_count);
    for (uint32_t i = 0; i < g->type_count; i++) {
        put(&section, 0x60);
        put_list(&section, &g->types[i].params);
        put_list(&section, &g->types[i].results);
    }
    put_section(out, 1, &section);
}

static void put_import(generator *g, buffer *out)
{
    buffer section = {0};
    put_u32(&section, 1);
    put_name(&section, "env");
    put_name(&section, "mark");
    put(&section, 0);
    put_u32(&section, g->funcs[0]);
    put_section(out, 2, &section);
}

static void put_funcs(generator *g, buffer *out)
{
    buffer section = {0};
    put_u32(&section, g->func_count - 1);
    for (uint32_t i = 1; i < g->func_count; i++)
        put_u32(&section, g->funcs[i]);
    put_section(out, 3, &section);
}

static void put_tables(generator *g, buffer *out)
{
    static const uint8_t TABLES[] = {FUNCREF, 1, 16, 20, EXTERNREF, 1, 4, 6};
    buffer section = {0};
    uint32_t count = has(g, WISP_FEATURE_REFERENCE_TYPES) ? 2 : 1;
    put_u32(&section, count);
    put_bytes(&section, TABLES, count * 4);
    put_section(out, 4, &section);
}

static void put_memories(generator *g, buffer *out)
{
    buffer section = {0};
    put_u32(&section, g->memory_count);
    for (uint32_t i = 0; i < g->memory_count; i++) {
        const memory_type *m = &g->memories[i];
        put(&section, (uint8_t)(1 | m->is_shared << 1 | m->is_64 << 2));
        put_u32(&section, m->min);
        put_u32(&section, m->max);
    }
    put_section(out, 5, &section);
}

static void put_tags(generator *g, buffer *out)
{
    buffer section = {0};
    if (!has(g, WISP_FEATURE_EXCEPTIONS | WISP_FEATURE_LEGACY_EXCEPTIONS))
        return;
    put_u32(&section, TAGS);
    for (uint32_t i = 0; i < TAGS; i++) {
        put(&section, 0);
        put_u32(&section, g->tags[i]);
    }
    put_section(out, 13, &section);
}

static void put_globals(generator *g, buffer *out)
{
    buffer section = {0};
    put_u32(&section, g->global_count);
    for (uint32_t i = 0; i < g->global_count; i++) {
        put(&section, g->globals[i].type);
        put(&section, g->globals[i].is_mutable);
        g->out = &section;
        if (i == 0)
            put_bytes(&section, "\x41\0", 2); /* turns */
        else
            put_constant(g, g->globals[i].type);
        if (g->globals[i].type == I32 && i > 0 && has(g, WISP_FEATURE_EXTENDED_CONST)) {
            put_constant(g, I32);
            put(&section, (uint8_t)(0x6a + pick(g, 3)));
        }
        put(&section, 0x0b);
    }
    g->out = out;
    put_section(out, 6, &section);
}

static void put_export(buffer *out, char letter, uint32_t number, uint8_t kind, uint32_t index)
{
    char name[16];
    snprintf(name, sizeof name, "%c%u", letter, number);
    put_name(out, name);
    put(out, kind);
    put_u32(out, index);
}

static bool has_vector(const list *types)
{
    return memchr(types->types, V128, types->len) != NULL;
}

/* All but what other embedders cannot look at: v128. */
static void put_exports(generator *g, buffer *out)
{
    buffer section = {0}, exports = {0};
    uint32_t count = 0;
    for (uint32_t i = 1; i < g->func_count; i++) {
        const functype *type = &g->types[g->funcs[i]];
        if (has_vector(&type->params) || has_vector(&type->results))
            continue;
        put_export(&exports, 'f', i, 0, i);
        count++;
    }
    for (uint32_t i = 0; i < (has(g, WISP_FEATURE_REFERENCE_TYPES) ? 2u : 1u); i++, count++)
        put_export(&exports, 't', i, 1, i);
    for (uint32_t i = 0; i < g->memory_count; i++, count++)
        put_export(&exports, 'm', i, 2, i);
    put_name(&exports, "turns");
    put_bytes(&exports, "\3\0", 2);
    count++;
    for (uint32_t i = 1; i < g->global_count; i++) {
        if (g->globals[i].type == V128)
            continue;
        put_export(&exports, 'g', i, 3, i);
        count++;
    }
    put_u32(&section, count);
    put_bytes(&section, exports.data, exports.size);
    put_section(out, 7, &section);
    free_buffer(&exports);
}

/* Segment 0 puts all functions into table 0, each at its own index; segment 1 is passive. */
static void put_elements(generator *g, buffer *out)
{
    buffer section = {0};
    put_u32(&section, 2);
    put_bytes(&section, "\0\x41\0\x0b", 4);
    put_u32(&section, g->func_count);
    for (uint32_t i = 0; i < g->func_count; i++)
        put_u32(&section, i);
    put_bytes(&section, "\1\0\4", 3);
    for (uint32_t i = 0; i < 4; i++)
        put_u32(&section, pick(g, g->func_count));
    put_section(out, 9, &section);
}

static void put_data(generator *g, buffer *out)
{
    buffer section = {0};
    put_u32(&section, 2);
    put(&section, 0);
    put(&section, g->memories[0].is_64 ? 0x42 : 0x41);
    put(&section, 8);
    put(&section, 0x0b);
    put_u32(&section, 64);
    for (uint32_t i = 0; i < 64; i++)
        put(&section, (uint8_t)(i < 32 ? pick(g, 256) : i * 37));
    put_bytes(&section, "\1\x0a passive!!", 12);
    put_section(out, 11, &section);
}

static void put_data_count(buffer *out)
{
    put_bytes(out, "\x0c\1\2", 3);
}

/* Bodies need types, so that they are made before the section of types is written. */
static buffer make_code(generator *g)
{
    buffer code = {0};
    put_u32(&code, g->func_count - 1);
    for (uint32_t i = 1; i < g->func_count; i++)
        put_body(g, &code, i);
    return code;
}

wisp_bytes generator_module(wisp_bytes choices, uint32_t features)
{
    generator g = {.choices = choices, .features = features};
    buffer out = {0};
    pick_features(&g);
    pick_funcs(&g);
    pick_globals(&g);
    pick_memories(&g);
    pick_tags(&g);
    buffer code = make_code(&g);
    put_bytes(&out, "\0asm\1\0\0\0", 8);
    put_types(&g, &out);
    put_import(&g, &out);
    put_funcs(&g, &out);
    put_tables(&g, &out);
    put_memories(&g, &out);
    put_tags(&g, &out);
    put_globals(&g, &out);
    put_exports(&g, &out);
    put_elements(&g, &out);
    put_data_count(&out);
    put_section(&out, 10, &code);
    put_data(&g, &out);
    return (wisp_bytes){out.data, out.size};
}
