#include "state.h"

/* Loads, stores, atomic and bulk instructions. */

enum { ADDRESS_MASK = 0xffff, BULK_MASK = 0x3ff };

static void put_masked(generator *g, uint8_t type, int64_t mask)
{
    put_value(g, type);
    put(g->out, type == I64 ? 0x42 : 0x41);
    put_s64(g->out, mask);
    put(g->out, type == I64 ? 0x83 : 0x71);
}

/* Within the first page, mostly. */
static void put_address_of(generator *g, uint32_t memory, int64_t mask)
{
    uint8_t type = g->memories[memory].is_64 ? I64 : I32;
    if (once_in(g, 32))
        put_value(g, type);
    else
        put_masked(g, type, mask);
}

void put_address(generator *g, uint32_t memory)
{
    put_address_of(g, memory, ADDRESS_MASK);
}

/* The immediate of a memory access of 2^[align] bytes. */
static void put_memarg(generator *g, uint32_t memory, uint32_t align, uint32_t offset)
{
    put_u32(g->out, memory ? align | 0x40 : align);
    if (memory)
        put_u32(g->out, memory);
    put_u32(g->out, offset);
}

static uint32_t pick_offset(generator *g)
{
    switch (pick(g, 16)) {
    case 14:
        return 0xfff0 + pick(g, 32);
    case 15:
        return (uint32_t)pick_number(g);
    default:
        return pick(g, 64);
    }
}

typedef struct access {
    uint8_t prefix, opcode, align;
} access;

static void put_access(generator *g, uint32_t memory, const access *what)
{
    if (what->prefix)
        put(g->out, what->prefix);
    put(g->out, what->opcode);
    put_memarg(g, memory, pick(g, what->align + 1u), pick_offset(g));
}

/* Loads by their result: i32, i64, f32, f64. */
static const access LOADS32[] = {
    {0, 0x28, 2}, {0, 0x2c, 0}, {0, 0x2d, 0}, {0, 0x2e, 1}, {0, 0x2f, 1}};
static const access LOADS64[] = {{0, 0x29, 3}, {0, 0x30, 0}, {0, 0x31, 0}, {0, 0x32, 1},
                                 {0, 0x33, 1}, {0, 0x34, 2}, {0, 0x35, 2}};
static const access LOADF32 = {0, 0x2a, 2}, LOADF64 = {0, 0x2b, 3};
static const access LOADS128[] = {{0xfd, 0, 4}, {0xfd, 1, 3}, {0xfd, 2, 3},  {0xfd, 3, 3},
                                  {0xfd, 4, 3}, {0xfd, 5, 3}, {0xfd, 6, 3},  {0xfd, 7, 0},
                                  {0xfd, 8, 1}, {0xfd, 9, 2}, {0xfd, 10, 3}, {0xfd, 92, 2},
                                  {0xfd, 93, 3}};

#define PICK(g, array) (&(array)[pick(g, sizeof(array) / sizeof *(array))])

static const access *pick_load(generator *g, uint8_t type)
{
    switch (type) {
    case I32:
        return PICK(g, LOADS32);
    case I64:
        return PICK(g, LOADS64);
    case F32:
        return &LOADF32;
    case F64:
        return &LOADF64;
    default:
        return PICK(g, LOADS128);
    }
}

/* load8_lane … load64_lane (84 to 87), store8_lane … store64_lane (88 to 91) */
static void put_lane_access(generator *g, uint32_t memory, bool is_store)
{
    uint32_t size = pick(g, 4);
    put_address(g, memory);
    put_value(g, V128);
    access what = {0xfd, (uint8_t)((is_store ? 88 : 84) + size), (uint8_t)size};
    put_access(g, memory, &what);
    put(g->out, (uint8_t)pick(g, 16u >> size));
}

void put_load(generator *g, uint8_t type)
{
    uint32_t memory = pick(g, g->memory_count);
    if (type == V128 && once_in(g, 3)) {
        put_lane_access(g, memory, false);
        return;
    }
    put_address(g, memory);
    put_access(g, memory, pick_load(g, type));
}

void put_store(generator *g)
{
    static const struct {
        uint8_t type;
        access what;
    } STORES[] = {{I32, {0, 0x36, 2}},  {I64, {0, 0x37, 3}}, {F32, {0, 0x38, 2}},
                  {F64, {0, 0x39, 3}},  {I32, {0, 0x3a, 0}}, {I32, {0, 0x3b, 1}},
                  {I64, {0, 0x3c, 0}},  {I64, {0, 0x3d, 1}}, {I64, {0, 0x3e, 2}},
                  {V128, {0xfd, 11, 4}}};
    uint32_t memory = pick(g, g->memory_count);
    uint32_t count = sizeof STORES / sizeof *STORES - !has(g, WISP_FEATURE_SIMD);
    uint32_t which = pick(g, count);
    if (STORES[which].type == V128 && once_in(g, 3)) {
        put_lane_access(g, memory, true);
        return;
    }
    put_address(g, memory);
    put_value(g, STORES[which].type);
    put_canonical(g, STORES[which].type);
    put_access(g, memory, &STORES[which].what);
}

/* ------------------------------------------------------------------ atomic */

enum { ALIGNED_MASK = 0xfff8 };

/* Seven forms of each: i32, i64, i32 of 8 and 16 bits, i64 of 8, 16 and 32 bits. */
static const uint8_t FORM_ALIGN[7] = {2, 3, 0, 1, 0, 1, 2};
/* What cmpxchg expects has no bits beyond those compared: V8 11 ignores them, which is wrong. */
static const int64_t FORM_MASK[7] = {-1, -1, 0xff, 0xffff, 0xff, 0xffff, 0xffffffff};
static const bool FORM_IS_64[7] = {false, true, false, false, true, true, true};

static void put_atomic_access(generator *g, uint32_t memory, uint8_t opcode, uint32_t align)
{
    put(g->out, 0xfe);
    put(g->out, opcode);
    put_memarg(g, memory, align, once_in(g, 16) ? pick(g, 8) : pick(g, 8) * 8);
}

static void put_wait_or_notify(generator *g, uint32_t memory)
{
    uint32_t kind = g->memories[memory].is_shared ? pick(g, 3) : 0;
    put_address_of(g, memory, ALIGNED_MASK);
    put_value(g, kind == 2 ? I64 : I32);
    if (kind > 0) {
        put(g->out, 0x42); /* no time */
        put(g->out, 0);
    }
    put_atomic_access(g, memory, (uint8_t)kind, kind == 2 ? 3 : 2);
}

void put_atomic(generator *g, uint8_t type)
{
    uint32_t memory = pick(g, g->memory_count), group = pick(g, 9), form;
    if (group == 8 && type == I32) {
        put_wait_or_notify(g, memory);
        return;
    }
    group %= 8; /* load, add, sub, and, or, xor, xchg, cmpxchg */
    do
        form = pick(g, 7);
    while (FORM_IS_64[form] != (type == I64) && !is_exhausted(g));
    if (FORM_IS_64[form] != (type == I64))
        form = type == I64;
    put_address_of(g, memory, ALIGNED_MASK);
    if (group == 7)
        put_masked(g, type, FORM_MASK[form]);
    if (group > 0)
        put_value(g, type);
    uint32_t base = group == 0 ? 0x10 : 0x1e + (group - 1) * 7;
    put_atomic_access(g, memory, (uint8_t)(base + form), FORM_ALIGN[form]);
}

/* ------------------------------------------------------------------ bulk */

static void put_prefixed(generator *g, uint32_t opcode, uint32_t one, uint32_t other)
{
    put(g->out, 0xfc);
    put_u32(g->out, opcode);
    put_u32(g->out, one);
    put_u32(g->out, other);
}

static void put_memory_bulk(generator *g)
{
    uint32_t memory = pick(g, g->memory_count), kind = pick(g, 3);
    uint32_t other = kind == 0 ? pick(g, g->memory_count) : memory;
    bool is_64 = g->memories[memory].is_64 && g->memories[other].is_64;
    put_address(g, memory);
    switch (kind) {
    case 0:
        put_address(g, other);
        put_masked(g, is_64 ? I64 : I32, BULK_MASK);
        put_prefixed(g, 10, memory, other); /* memory.copy */
        return;
    case 1:
        put_value(g, I32);
        put_masked(g, is_64 ? I64 : I32, BULK_MASK);
        put(g->out, 0xfc);
        put(g->out, 11); /* memory.fill */
        put_u32(g->out, memory);
        return;
    default:
        put_index(g, 8);
        put_index(g, 8);
        put_prefixed(g, 8, 1, memory); /* memory.init */
    }
}

static void put_drop(generator *g)
{
    put(g->out, 0xfc);
    put(g->out, once_in(g, 2) ? 9 : 13); /* data.drop, elem.drop */
    put_u32(g->out, 1);
}

static void put_table_bulk(generator *g)
{
    uint32_t table = pick(g, 2), below = table ? 4 : 16;
    put_index(g, below);
    switch (pick(g, 4)) {
    case 0:
        put_value(g, table ? EXTERNREF : FUNCREF);
        put(g->out, 0x26); /* table.set */
        put_u32(g->out, table);
        return;
    case 1:
        put_index(g, below);
        put_index(g, 4);
        put_prefixed(g, 14, table, table); /* table.copy */
        return;
    case 2:
        put_value(g, table ? EXTERNREF : FUNCREF);
        put_index(g, 4);
        put(g->out, 0xfc);
        put(g->out, 17); /* table.fill */
        put_u32(g->out, table);
        return;
    default:
        put_index(g, 4);
        put_index(g, 4);
        put_prefixed(g, 12, 1, 0); /* table.init of table 0 */
    }
}

void put_bulk(generator *g)
{
    switch (pick(g, 6)) {
    default:
        put_memory_bulk(g);
        return;
    case 3:
    case 4:
        if (has(g, WISP_FEATURE_REFERENCE_TYPES))
            put_table_bulk(g);
        return;
    case 5:
        put_drop(g);
    }
}
