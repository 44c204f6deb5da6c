#include "large_module.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * Every function has the type (i32, i32) -> i32 and further locals of each type. Its body is
 * a list of statements, each of which leaves the operand stack as it found it.
 */

enum {
    INTEGERS = 6, /* locals 0 to 5 are i32; 0 and 1 are the parameters */
    WIDE = 6,     /* local 6 is an i64, */
    REAL = 7,     /* local 7 an f64 */
    STATEMENTS_MAX = 16,
    DEPTH_MAX = 3,
    SIZE_MEAN = 330 /* bytes of a function, near enough */
};

enum {
    OP_BLOCK = 0x02,
    OP_LOOP = 0x03,
    OP_IF = 0x04,
    OP_ELSE = 0x05,
    OP_END = 0x0b,
    OP_BR = 0x0c,
    OP_BR_IF = 0x0d,
    OP_CALL = 0x10,
    OP_DROP = 0x1a,
    OP_LOCAL_GET = 0x20,
    OP_LOCAL_SET = 0x21,
    OP_LOCAL_TEE = 0x22,
    OP_I32_LOAD = 0x28,
    OP_I64_LOAD = 0x29,
    OP_F64_LOAD = 0x2b,
    OP_I32_STORE = 0x36,
    OP_I64_STORE = 0x37,
    OP_F64_STORE = 0x39,
    OP_I32_CONST = 0x41,
    OP_I32_EQZ = 0x45,
    OP_I32_LT_U = 0x49,
    OP_I32_ADD = 0x6a,
    OP_I64_ADD = 0x7c,
    OP_F64_ADD = 0xa0,
    OP_I64_EXTEND_U = 0xad,
    OP_F64_CONVERT_U = 0xb8,
    VOID = 0x40
};

typedef struct writer {
    uint8_t *data;
    size_t size, capacity;
    uint32_t seed;
    uint32_t func_count;
    bool is_out_of_memory;
} writer;

/* ------------------------------------------------------------------ bytes */

static uint32_t pick(writer *w, uint32_t count)
{
    w->seed = w->seed * 1664525u + 1013904223u;
    return (w->seed >> 8) % count;
}

static void put(writer *w, uint8_t byte)
{
    if (w->size == w->capacity) {
        size_t capacity = w->capacity ? 2 * w->capacity : 1u << 16;
        uint8_t *data = realloc(w->data, capacity);
        w->is_out_of_memory |= data == NULL;
        if (!data)
            return;
        w->data = data;
        w->capacity = capacity;
    }
    w->data[w->size++] = byte;
}

static void put_u32(writer *w, uint32_t number)
{
    for (; number >= 0x80; number >>= 7)
        put(w, (uint8_t)(number | 0x80));
    put(w, (uint8_t)number);
}

/* A number of 5 bytes, whose value end_sized sets. Returns its place. */
static size_t begin_sized(writer *w)
{
    for (int i = 0; i < 5; i++)
        put(w, 0);
    return w->size;
}

static void end_sized(writer *w, size_t began)
{
    if (w->is_out_of_memory)
        return;
    size_t size = w->size - began;
    for (int i = 0; i < 5; i++)
        w->data[began - 5 + (size_t)i] = (uint8_t)((size >> 7 * i & 0x7f) | (i < 4 ? 0x80 : 0));
}

static void put2(writer *w, uint8_t op, uint32_t immediate)
{
    put(w, op);
    put_u32(w, immediate);
}

/* ------------------------------------------------------------------ code */

static void get_integer(writer *w)
{
    put2(w, OP_LOCAL_GET, pick(w, INTEGERS));
}

/* An i32: a local, a constant, a load or a sum, product, shift … of two. */
static void put_integer(writer *w, uint32_t depth)
{
    switch (pick(w, depth < DEPTH_MAX ? 6 : 2)) {
    case 0:
        get_integer(w);
        return;
    case 1:
        put2(w, OP_I32_CONST, pick(w, 60));
        return;
    case 2:
        get_integer(w);
        put2(w, OP_I32_LOAD, 2);
        put_u32(w, pick(w, 50) * 4);
        return;
    default:
        put_integer(w, depth + 1);
        put_integer(w, depth + 1);
        put(w, (uint8_t)(OP_I32_ADD + (pick(w, 2) ? 0 : 7 + pick(w, 5)))); /* add, and to shr_u */
    }
}

static void put_store(writer *w)
{
    static const uint8_t STORES[] = {OP_I32_STORE, OP_I64_STORE, OP_F64_STORE};
    uint32_t kind = pick(w, 6) % 3;
    get_integer(w);
    if (kind == 0)
        put_integer(w, 1);
    else
        put2(w, OP_LOCAL_GET, kind == 1 ? WIDE : REAL);
    put2(w, STORES[kind], 2);
    put_u32(w, pick(w, 50) * 8);
}

/* x = x + (a load of x's type, or a conversion) */
static void put_wide_or_real(writer *w)
{
    bool is_wide = pick(w, 2);
    uint32_t local = is_wide ? WIDE : REAL;
    put2(w, OP_LOCAL_GET, local);
    get_integer(w);
    if (pick(w, 2)) {
        put2(w, is_wide ? OP_I64_LOAD : OP_F64_LOAD, 3);
        put_u32(w, pick(w, 50) * 8);
    } else {
        put(w, is_wide ? OP_I64_EXTEND_U : OP_F64_CONVERT_U);
    }
    put(w, is_wide ? OP_I64_ADD + (uint8_t)pick(w, 3) : OP_F64_ADD + (uint8_t)pick(w, 3));
    put2(w, OP_LOCAL_SET, local);
}

static void put_call(writer *w)
{
    put_integer(w, 2);
    put_integer(w, 2);
    put2(w, OP_CALL, pick(w, w->func_count));
    if (pick(w, 3))
        put2(w, OP_LOCAL_SET, pick(w, INTEGERS));
    else
        put(w, OP_DROP);
}

static void put_statements(writer *w, uint32_t count, uint32_t depth);

static void put_condition(writer *w)
{
    put_integer(w, 1);
    if (pick(w, 2)) {
        put_integer(w, 2);
        put(w, (uint8_t)(OP_I32_LT_U - 3 + pick(w, 8))); /* eq to ge_s */
    } else {
        put(w, OP_I32_EQZ);
    }
}

static void put_if(writer *w, uint32_t depth)
{
    put_condition(w);
    put2(w, OP_IF, VOID);
    put_statements(w, 1 + pick(w, 4), depth + 1);
    if (pick(w, 3) == 0) {
        put(w, OP_ELSE);
        put_statements(w, 1 + pick(w, 3), depth + 1);
    }
    put(w, OP_END);
}

/* block … br_if 0 … end, as compilers write conditions */
static void put_block(writer *w, uint32_t depth)
{
    put2(w, OP_BLOCK, VOID);
    put_condition(w);
    put2(w, OP_BR_IF, pick(w, depth + 1));
    put_statements(w, 1 + pick(w, 4), depth + 1);
    put(w, OP_END);
}

/* for (i = i; --i;) … */
static void put_loop(writer *w, uint32_t depth)
{
    uint32_t counter = pick(w, INTEGERS);
    put2(w, OP_LOOP, VOID);
    put_statements(w, 1 + pick(w, 4), depth + 1);
    put2(w, OP_LOCAL_GET, counter);
    put2(w, OP_I32_CONST, 0x7f);
    put(w, OP_I32_ADD);
    put2(w, OP_LOCAL_TEE, counter);
    put2(w, OP_BR_IF, 0);
    put(w, OP_END);
}

static void put_statement(writer *w, uint32_t depth)
{
    switch (pick(w, depth < DEPTH_MAX ? 12 : 8)) {
    case 0:
    case 1:
    case 2:
        put_integer(w, 0);
        put2(w, OP_LOCAL_SET, pick(w, INTEGERS));
        return;
    case 3:
    case 4:
        put_store(w);
        return;
    case 5:
    case 6:
        put_wide_or_real(w);
        return;
    case 7:
        put_call(w);
        return;
    case 8:
    case 9:
        put_if(w, depth);
        return;
    case 10:
        put_block(w, depth);
        return;
    default:
        put_loop(w, depth);
    }
}

static void put_statements(writer *w, uint32_t count, uint32_t depth)
{
    while (count-- > 0)
        put_statement(w, depth);
}

static void put_body(writer *w)
{
    static const uint8_t LOCALS[] = {3, INTEGERS - 2, 0x7f, 1, 0x7e, 1, 0x7c};
    size_t began = begin_sized(w);
    for (size_t i = 0; i < sizeof LOCALS; i++)
        put(w, LOCALS[i]);
    put2(w, OP_BLOCK, VOID); /* so that branches of depth 0 have a target */
    put_statements(w, 1 + pick(w, STATEMENTS_MAX), 0);
    put(w, OP_END);
    get_integer(w);
    put(w, OP_END);
    end_sized(w, began);
}

/* (func (export "start") (param i32 i32) (result i32) …), which does next to nothing */
static void put_start(writer *w)
{
    static const uint8_t BODY[] = {7, 0, 0x20, 0, 0x20, 1, OP_I32_ADD, OP_END};
    for (size_t i = 0; i < sizeof BODY; i++)
        put(w, BODY[i]);
}

/* ------------------------------------------------------------------ the module */

static void put_all(writer *w, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        put(w, bytes[i]);
}

/* The functions themselves; [more] bodies that follow are the caller's, and end_sized. */
static size_t put_bodies(writer *w, uint32_t more)
{
    put(w, 10);
    size_t began = begin_sized(w);
    put_u32(w, w->func_count + more);
    put_start(w);
    for (uint32_t i = 1; i < w->func_count; i++)
        put_body(w);
    return began;
}

/* The types of the functions, which is 0, and [more] others. */
static void put_func_types(writer *w, const uint8_t *more, uint32_t more_len)
{
    put(w, 3);
    size_t began = begin_sized(w);
    put_u32(w, w->func_count + more_len);
    for (uint32_t i = 0; i < w->func_count; i++)
        put(w, 0);
    put_all(w, more, more_len);
    end_sized(w, began);
}

static void put_sections(writer *w)
{
    static const uint8_t HEAD[] = {0, 'a', 's', 'm',  1, 0,    0,    0, /* magic, version */
                                   1, 7,   1,   0x60, 2, 0x7f, 0x7f, 1, 0x7f};   /* types */
    static const uint8_t MIDDLE[] = {5, 3, 1, 0, 1,                              /* memory */
                                     7, 9, 1, 5, 's', 't', 'a', 'r', 't', 0, 0}; /* exports */
    put_all(w, HEAD, sizeof HEAD);
    put_func_types(w, NULL, 0);
    put_all(w, MIDDLE, sizeof MIDDLE);
    end_sized(w, put_bodies(w, 0));
}

static wisp_bytes finish(writer *w)
{
    if (w->is_out_of_memory) {
        free(w->data);
        return (wisp_bytes){0};
    }
    return (wisp_bytes){w->data, w->size};
}

wisp_bytes bench_large_module(size_t size)
{
    writer w = {.seed = 1, .func_count = (uint32_t)(size / SIZE_MEAN) + 1};
    put_sections(&w);
    return finish(&w);
}

/* ------------------------------------------------------------------ the same for a host */

enum { STATE_SIZE_AT = 16, STATE_AT = 1024 };

static void put_export(writer *w, const char *name, uint8_t kind, uint32_t index)
{
    put_u32(w, (uint32_t)strlen(name));
    put_all(w, (const uint8_t *)name, strlen(name));
    put(w, kind);
    put_u32(w, index);
}

static void put_guest_exports(writer *w)
{
    put(w, 7);
    size_t began = begin_sized(w);
    put(w, 6);
    put_export(w, "memory", 2, 0);
    put_export(w, "wisp_version", 0, w->func_count);
    put_export(w, "wisp_start", 0, w->func_count + 1);
    put_export(w, "wisp_message", 0, w->func_count + 2);
    put_export(w, "wisp_state", 3, 0);
    put_export(w, "wisp_state_size", 3, 1);
    end_sized(w, began);
}

/* (i32.const [number]) */
static void put_const(writer *w, uint32_t number)
{
    put(w, OP_I32_CONST);
    put(w, (uint8_t)(number & 0x7f) | 0x80);
    put(w, (uint8_t)(number >> 7 & 0x3f)); /* not negative, as it is below 8,192 */
    put(w, OP_END);
}

static void put_guest_memory(writer *w, uint32_t pages)
{
    put(w, 5);
    size_t began = begin_sized(w);
    put2(w, 1, 0);
    put_u32(w, pages);
    end_sized(w, began);
    put(w, 6);
    began = begin_sized(w);
    put(w, 2);
    put2(w, 0x7f, 0);
    put_const(w, STATE_AT);
    put2(w, 0x7f, 0);
    put_const(w, STATE_SIZE_AT);
    end_sized(w, began);
}

static void put_guest_data(writer *w, uint32_t state_size)
{
    put(w, 11);
    size_t began = begin_sized(w);
    put2(w, 1, 0);
    put_const(w, STATE_SIZE_AT);
    put(w, 4);
    for (int i = 0; i < 4; i++)
        put(w, (uint8_t)(state_size >> 8 * i));
    end_sized(w, began);
}

wisp_bytes bench_large_guest(size_t size, uint32_t pages, uint32_t state_size)
{
    static const uint8_t HEAD[] = {
        0,    'a', 's',  'm',  1,    0,    0,    0,                         /* magic, version */
        1,    17,  3,    0x60, 2,    0x7f, 0x7f, 1, 0x7f, 0x60, 0, 1, 0x7f, /* types */
        0x60, 3,   0x7f, 0x7f, 0x7f, 0};
    static const uint8_t TYPES[] = {1, 1, 2};
    static const uint8_t BODIES[] = {4, 0, OP_I32_CONST, 1, OP_END, /* wisp_version */
                                     4, 0, OP_I32_CONST, 0, OP_END, /* wisp_start */
                                     2, 0, OP_END};                 /* wisp_message */
    writer w = {.seed = 1, .func_count = (uint32_t)(size / SIZE_MEAN) + 1};
    put_all(&w, HEAD, sizeof HEAD);
    put_func_types(&w, TYPES, sizeof TYPES);
    put_guest_memory(&w, pages);
    put_guest_exports(&w);
    size_t began = put_bodies(&w, sizeof TYPES);
    put_all(&w, BODIES, sizeof BODIES);
    end_sized(&w, began);
    put_guest_data(&w, state_size);
    return finish(&w);
}
