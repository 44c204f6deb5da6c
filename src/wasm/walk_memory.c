#include "wasm/types.h"
#include "wasm/walk.h"

/* Memories and tables. */

static void check_memory(wisp_compiler *c, uint32_t index)
{
    if (index >= c->module->memory_count)
        wisp_compile_fail(c, WISP_MISMATCH, "%s: unknown memory %u", c->opcode->text, index);
}

static void read_memory(wisp_compiler *c)
{
    uint32_t index = wisp_walk_u32(c, "a memory index");
    check_memory(c, index);
}

/* Alignment and offset of an access to 2^[natural] bytes (Spec 5.4.7); returns the offset. */
static uint32_t read_memarg(wisp_compiler *c, uint32_t natural)
{
    enum { HAS_MEMORY = 0x40 };
    uint32_t flags = wisp_walk_u32(c, "an alignment");
    uint32_t memory = flags & HAS_MEMORY ? wisp_walk_u32(c, "a memory index") : 0;
    uint64_t offset = 0;
    if (!wisp_read_leb_u64(&c->r, &offset))
        wisp_compile_fail(c, WISP_MALFORMED, "%s expects an offset", c->opcode->text);
    uint32_t alignment = flags & ~(uint32_t)HAS_MEMORY;
    if (alignment >= HAS_MEMORY)
        wisp_compile_fail(c, WISP_MALFORMED, "%s: malformed memop flags 0x%x", c->opcode->text,
                          flags);
    check_memory(c, memory);
    if (alignment > natural)
        wisp_compile_fail(c, WISP_MISMATCH,
                          "%s: alignment 2^%u must not be larger than natural, 2^%u",
                          c->opcode->text, alignment, natural);
    if (offset > UINT32_MAX)
        wisp_compile_fail(c, WISP_MISMATCH,
                          "%s: offset out of range, 0x%llx in a memory of 32 bits",
                          c->opcode->text, (unsigned long long)offset);
    return (uint32_t)offset;
}

static uint32_t read_data_index(wisp_compiler *c)
{
    if (!c->may_name_data)
        wisp_compile_fail(c, WISP_MALFORMED, "%s: data count section required", c->opcode->text);
    return wisp_walk_index(c, "data segment", c->module->data_count);
}

/* ------------------------------------------------------------------ memory */

static void load(wisp_compiler *c, uint32_t natural)
{
    const wisp_opcode *op = c->opcode;
    uint32_t offset = read_memarg(c, natural);
    wisp_operand address = wisp_operand_pop(c, WISP_I32);
    uint16_t slot = wisp_emit_use(c, &address);
    wisp_emit_producer(c, op->code);
    wisp_emit(c, slot);
    wisp_emit_32(c, offset);
    wisp_emit_result(c, op->out);
}

void wisp_walk_load_1(wisp_compiler *c)
{
    load(c, 0);
}

void wisp_walk_load_2(wisp_compiler *c)
{
    load(c, 1);
}

void wisp_walk_load_4(wisp_compiler *c)
{
    load(c, 2);
}

void wisp_walk_load_8(wisp_compiler *c)
{
    load(c, 3);
}

/* Whether the constant [value] comes out of a sign-extended 32-bit immediate when stored. */
static bool is_store_immediate(const wisp_operand *value, uint32_t natural)
{
    return value->kind == WISP_OPERAND_CONSTANT &&
           (natural < 3 || (int64_t)value->bits == (int32_t)value->bits);
}

static void store(wisp_compiler *c, uint32_t natural)
{
    const wisp_opcode *op = c->opcode;
    uint32_t offset = read_memarg(c, natural);
    wisp_operand value = wisp_operand_pop(c, op->in);
    wisp_operand address = wisp_operand_pop(c, WISP_I32);
    bool has_immediate = is_store_immediate(&value, natural);
    uint16_t slot = wisp_emit_use(c, &address);
    uint16_t value_slot = has_immediate ? 0 : wisp_emit_use(c, &value);
    wisp_emit_code(c, has_immediate ? op->code + 1u : op->code);
    wisp_emit(c, slot);
    if (!has_immediate)
        wisp_emit(c, value_slot);
    wisp_emit_32(c, offset);
    if (has_immediate)
        wisp_emit_32(c, (uint32_t)value.bits);
}

void wisp_walk_store_1(wisp_compiler *c)
{
    store(c, 0);
}

void wisp_walk_store_2(wisp_compiler *c)
{
    store(c, 1);
}

void wisp_walk_store_4(wisp_compiler *c)
{
    store(c, 2);
}

void wisp_walk_store_8(wisp_compiler *c)
{
    store(c, 3);
}

/* ------------------------------------------------------------------ slow instructions */

/* Pops operands of [types] and emits [code] with their slots; with [out] it gives a result. */
static void emit_slow(wisp_compiler *c, const wisp_valtype *types, uint32_t count,
                      wisp_valtype out)
{
    uint16_t slots[3] = {0};
    for (uint32_t i = count; i-- > 0;) {
        wisp_operand operand = wisp_operand_pop(c, types[i]);
        slots[i] = wisp_emit_use(c, &operand);
    }
    if (out)
        wisp_emit_producer(c, c->opcode->code);
    else
        wisp_emit_code(c, c->opcode->code);
    for (uint32_t i = 0; i < count; i++)
        wisp_emit(c, slots[i]);
}

static const wisp_valtype three_i32[] = {WISP_I32, WISP_I32, WISP_I32};

void wisp_walk_memory_size(wisp_compiler *c)
{
    read_memory(c);
    emit_slow(c, NULL, 0, WISP_I32);
    wisp_emit_result(c, WISP_I32);
}

void wisp_walk_memory_grow(wisp_compiler *c)
{
    read_memory(c);
    emit_slow(c, three_i32, 1, WISP_I32);
    wisp_emit_result(c, WISP_I32);
}

void wisp_walk_memory_init(wisp_compiler *c)
{
    uint32_t segment = read_data_index(c);
    read_memory(c);
    emit_slow(c, three_i32, 3, 0);
    wisp_emit_32(c, segment);
}

void wisp_walk_data_drop(wisp_compiler *c)
{
    uint32_t segment = read_data_index(c);
    emit_slow(c, NULL, 0, 0);
    wisp_emit_32(c, segment);
}

void wisp_walk_memory_copy(wisp_compiler *c)
{
    read_memory(c);
    read_memory(c);
    emit_slow(c, three_i32, 3, 0);
}

void wisp_walk_memory_fill(wisp_compiler *c)
{
    read_memory(c);
    emit_slow(c, three_i32, 3, 0);
}

void wisp_walk_table_get(wisp_compiler *c)
{
    uint32_t table = wisp_walk_table(c);
    emit_slow(c, three_i32, 1, wisp_walk_table_type(c, table));
    wisp_emit_32(c, table);
    wisp_emit_result(c, wisp_walk_table_type(c, table));
}

void wisp_walk_table_set(wisp_compiler *c)
{
    uint32_t table = wisp_walk_table(c);
    emit_slow(c, (wisp_valtype[]){WISP_I32, wisp_walk_table_type(c, table)}, 2, 0);
    wisp_emit_32(c, table);
}

static uint32_t read_segment(wisp_compiler *c)
{
    return wisp_walk_index(c, "element segment", c->module->element_count);
}

void wisp_walk_table_init(wisp_compiler *c)
{
    uint32_t segment = read_segment(c);
    uint32_t table = wisp_walk_table(c);
    if (c->status == WISP_OK &&
        !wisp_valtype_matches(c->module->elements[segment].type, wisp_walk_table_type(c, table)))
        wisp_compile_fail(c, WISP_MISMATCH, "table.init: type mismatch of segment and table");
    emit_slow(c, three_i32, 3, 0);
    wisp_emit_32(c, table);
    wisp_emit_32(c, segment);
}

void wisp_walk_elem_drop(wisp_compiler *c)
{
    uint32_t segment = read_segment(c);
    emit_slow(c, NULL, 0, 0);
    wisp_emit_32(c, segment);
}

void wisp_walk_table_copy(wisp_compiler *c)
{
    uint32_t to = wisp_walk_table(c);
    uint32_t from = wisp_walk_table(c);
    if (!wisp_valtype_matches(wisp_walk_table_type(c, from), wisp_walk_table_type(c, to)))
        wisp_compile_fail(c, WISP_MISMATCH, "table.copy: type mismatch of the tables");
    emit_slow(c, three_i32, 3, 0);
    wisp_emit_32(c, to);
    wisp_emit_32(c, from);
}

void wisp_walk_table_grow(wisp_compiler *c)
{
    uint32_t table = wisp_walk_table(c);
    emit_slow(c, (wisp_valtype[]){wisp_walk_table_type(c, table), WISP_I32}, 2, WISP_I32);
    wisp_emit_32(c, table);
    wisp_emit_result(c, WISP_I32);
}

void wisp_walk_table_size(wisp_compiler *c)
{
    uint32_t table = wisp_walk_table(c);
    emit_slow(c, NULL, 0, WISP_I32);
    wisp_emit_32(c, table);
    wisp_emit_result(c, WISP_I32);
}

void wisp_walk_table_fill(wisp_compiler *c)
{
    uint32_t table = wisp_walk_table(c);
    emit_slow(c, (wisp_valtype[]){WISP_I32, wisp_walk_table_type(c, table), WISP_I32}, 3, 0);
    wisp_emit_32(c, table);
}
