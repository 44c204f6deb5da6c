#include "wasm/types.h"
#include "wasm/walk.h"

/* Memories and tables. */

static uint32_t read_data_index(wisp_compiler *c)
{
    if (!c->may_name_data)
        wisp_compile_fail(c, WISP_MALFORMED, "%s: data count section required",
                          wisp_compile_text(c));
    return wisp_walk_index(c, "data segment", c->module->data_count);
}

/* ------------------------------------------------------------------ memory */

/* The load of memory 0 that leaves its result in the accumulator of its type. */
static uint32_t plain_load(const wisp_opcode *op)
{
    if (op->out == WISP_F32)
        return WISP_CODE_F32_LOAD;
    return op->out == WISP_F64 ? WISP_CODE_F64_LOAD : op->code;
}

/* Begins the load of the current opcode in [form], with the operands in [units]. */
static void emit_load(wisp_compiler *c, uint32_t form, const uint16_t *units, int count)
{
    wisp_emit_producer(c, plain_load(c->opcode) + form);
    for (int i = 0; i < count; i++)
        wisp_emit(c, units[i]);
}

/* The form of loads that does the work of [code] on their address, too; 0 if there is none. */
static uint32_t form_with_sum(uint32_t code, bool *has_offset)
{
    *has_offset = true;
    switch (code) {
#ifndef WISP_NO_ACCUMULATORS
    case WISP_CODE_I32_ADD_RR:
        return WISP_FORM_LOAD_X;
    case WISP_CODE_I32_ADD_AR:
    case WISP_CODE_I32_ADD_RA:
        return WISP_FORM_LOAD_AX;
    case WISP_CODE_I32_ADD_RI:
        *has_offset = false;
        return WISP_FORM_LOAD_K;
    case WISP_CODE_I32_ADD_AI:
        *has_offset = false;
        return WISP_FORM_LOAD_AK;
#endif
    default:
        return 0;
    }
}

/* A load whose address is a sum just made adds by itself. */
static bool load_of_sum(wisp_compiler *c, const wisp_operand *address, uint32_t offset)
{
    bool has_offset;
    uint32_t form = form_with_sum(c->last.code, &has_offset);
    if (form == 0 || (offset != 0 && !has_offset) || !wisp_emit_gave(c, address))
        return false;
    uint16_t units[WISP_UNITS_TAKEN_MAX];
    int count = wisp_emit_take_back(c, units);
    emit_load(c, form, units, count);
    if (has_offset)
        wisp_emit_32(c, offset);
    wisp_emit_result(c, c->opcode->out);
    return true;
}

/* A load from a local that was just set to a sum sets it by itself. */
static bool load_and_set(wisp_compiler *c, const wisp_operand *address, uint32_t offset)
{
    uint32_t form = c->last.code == WISP_CODE_I32_ADD_RR + WISP_FORM_RI ? WISP_FORM_LOAD_U
                    : c->last.code == WISP_CODE_I32_ADD_RR              ? WISP_FORM_LOAD_UX
                                                                        : 0;
    if (!WISP_HAS_ACCUMULATORS || form == 0 || address->kind != WISP_OPERAND_LOCAL)
        return false;
    uint16_t units[1 + WISP_UNITS_TAKEN_MAX] = {c->locals[address->local].slot};
    if (!wisp_emit_was_set(c, units[0]))
        return false;
    int count = 1 + wisp_emit_take_back(c, units + 1);
    wisp_emit_overwrite(c, units[0]);
    emit_load(c, form, units, count);
    wisp_emit_32(c, offset);
    wisp_emit_result(c, c->opcode->out);
    return true;
}

/* From memory 0, whose addresses have 32 bits. */
static void load_plain(wisp_compiler *c, uint32_t offset)
{
    const wisp_operand *address = wisp_operand_pop(c, WISP_I32);
    if (load_of_sum(c, address, offset) || load_and_set(c, address, offset))
        return;
    uint16_t slot = wisp_emit_use(c, address);
    bool is_accumulated = wisp_emit_take(c, address, slot);
    emit_load(c, is_accumulated, &slot, !is_accumulated);
    wisp_emit_32(c, offset);
    wisp_emit_result(c, c->opcode->out);
}

static void load(wisp_compiler *c, uint32_t natural)
{
    const wisp_opcode *op = c->opcode;
    wisp_memarg memarg = wisp_walk_short_memarg(c, natural);
    if (wisp_memarg_is_plain(c, &memarg)) {
        load_plain(c, (uint32_t)memarg.offset);
        return;
    }
    const wisp_operand *address = wisp_operand_pop(c, wisp_walk_address(c, memarg.memory));
    uint16_t slot = wisp_emit_use(c, address);
    uint32_t code = wisp_memarg_code(c, &memarg, op->code, WISP_CODE_LOAD_ANY);
    wisp_emit_producer(c, code);
    wisp_emit_outside(c, code, c->last.start);
    wisp_emit(c, slot);
    wisp_emit_place(c, &memarg, op->code);
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
    return WISP_HAS_FORMS && value->kind == WISP_OPERAND_CONSTANT &&
           (natural < 3 || (int64_t)value->bits == (int32_t)value->bits);
}

static bool is_float(wisp_valtype type)
{
    return type == WISP_F32 || type == WISP_F64;
}

static uint32_t plain_store(const wisp_opcode *op)
{
    if (op->in == WISP_F32)
        return WISP_CODE_F32_STORE;
    return op->in == WISP_F64 ? WISP_CODE_F64_STORE : op->code;
}

/* The form whose value is in the accumulator. */
static uint32_t store_taking_value(const wisp_opcode *op)
{
    return plain_store(op) + (is_float(op->in) ? 1 : WISP_FORM_RA);
}

/* The store that computes its value, too, which [code] did with the accumulator on its right;
 * 0 if there is none. */
static uint32_t store_with_op(uint32_t code)
{
    switch (code) {
#ifndef WISP_NO_ACCUMULATORS
#define X(name, operation, field, stored, expression)                                            \
    case WISP_CODE_##operation + WISP_FORM_RA:                                                   \
        return WISP_CODE_##name;
        WISP_CODE_OP_STORE(X)
#undef X
#endif
    default:
        return 0;
    }
}

/* Where a store to memory 0 goes: to a slot's value and a number, which is its offset, or
 * (is_sum) what the address is to wrap with. */
typedef struct store_place {
    const wisp_operand *address;
    bool is_sum;
    uint32_t number;
} store_place;

static uint16_t place_slot(wisp_compiler *c, const store_place *place)
{
    return place->is_sum ? c->locals[place->address->local].slot
                         : wisp_emit_use(c, place->address);
}

/* If [value] was computed just now, of a slot and the accumulator, one instruction computes and
 * stores it. A float may have been reinterpreted since, which emits nothing, and an integer be
 * stored in part. */
static bool store_computed(wisp_compiler *c, const store_place *place, const wisp_operand *value)
{
    uint32_t code = is_float(c->opcode->in) ? store_with_op(c->last.code) : 0;
    if (code == 0 || !wisp_emit_gave(c, value) || place->address->kind == WISP_OPERAND_CONSTANT)
        return false;
    uint16_t units[WISP_UNITS_TAKEN_MAX];
    wisp_emit_take_back(c, units);
    uint16_t slot = place_slot(c, place);
    wisp_emit_code(c, code + place->is_sum);
    wisp_emit(c, slot);
    wisp_emit(c, units[0]);
    wisp_emit_32(c, place->number);
    return true;
}

/* The forms for sums follow those that take the value from the accumulator. */
static void store_plain(wisp_compiler *c, const store_place *place, const wisp_operand *value,
                        bool has_immediate)
{
    const wisp_opcode *op = c->opcode;
    uint16_t slot = place_slot(c, place);
    uint16_t value_slot = has_immediate ? 0 : wisp_emit_use(c, value);
    bool takes_value = !has_immediate && wisp_emit_take(c, value, value_slot);
    bool takes_address =
        !place->is_sum && !takes_value && wisp_emit_take(c, place->address, slot);
    uint32_t code = op->code + (takes_address ? WISP_FORM_AR : WISP_FORM_RR) + has_immediate;
    if (place->is_sum)
        code = store_taking_value(op) + 1 + takes_value;
    else if (takes_value)
        code = store_taking_value(op);
    wisp_emit_code(c, code);
    if (!takes_address)
        wisp_emit(c, slot);
    if (!takes_value && !has_immediate)
        wisp_emit(c, value_slot);
    wisp_emit_32(c, place->number);
    if (has_immediate)
        wisp_emit_32(c, (uint32_t)value->bits);
}

/* To memory 0, whose addresses have 32 bits. */
static void store_to_first(wisp_compiler *c, const wisp_operand *value, uint32_t offset,
                           bool has_immediate)
{
    const wisp_operand *address = wisp_operand_pop_sum(c, WISP_I32);
    store_place place = {.address = address, .number = offset};
    if (wisp_operand_is_sum(address) && offset == 0 && !has_immediate) {
        place.is_sum = true;
        place.number = address->addend;
    }
    if (!store_computed(c, &place, value))
        store_plain(c, &place, value, has_immediate);
}

static void store(wisp_compiler *c, uint32_t natural)
{
    wisp_memarg memarg = wisp_walk_short_memarg(c, natural);
    const wisp_operand *value = wisp_operand_pop(c, c->opcode->in);
    if (wisp_memarg_is_plain(c, &memarg)) {
        store_to_first(c, value, (uint32_t)memarg.offset, is_store_immediate(value, natural));
        return;
    }
    const wisp_operand *address = wisp_operand_pop(c, wisp_walk_address(c, memarg.memory));
    uint16_t slot = wisp_emit_use(c, address);
    uint16_t value_slot = wisp_emit_use(c, value);
    uint32_t code = wisp_memarg_code(c, &memarg, c->opcode->code, WISP_CODE_STORE_ANY);
    wisp_emit_code(c, code);
    wisp_emit_outside(c, code, (uint32_t)c->code_len - WISP_UNITS_HEAD);
    wisp_emit(c, slot);
    wisp_emit(c, value_slot);
    wisp_emit_place(c, &memarg, c->opcode->code);
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
        const wisp_operand *operand = wisp_operand_pop(c, types[i]);
        slots[i] = wisp_emit_use(c, operand);
    }
    if (out)
        wisp_emit_producer(c, c->opcode->code);
    else
        wisp_emit_code(c, c->opcode->code);
    for (uint32_t i = 0; i < count; i++)
        wisp_emit(c, slots[i]);
}

void wisp_walk_memory_size(wisp_compiler *c)
{
    uint32_t memory = wisp_walk_memory(c);
    wisp_valtype address = wisp_walk_address(c, memory);
    emit_slow(c, NULL, 0, address);
    wisp_emit_32(c, memory);
    wisp_emit_result(c, address);
}

void wisp_walk_memory_grow(wisp_compiler *c)
{
    uint32_t memory = wisp_walk_memory(c);
    wisp_valtype address = wisp_walk_address(c, memory);
    emit_slow(c, &address, 1, address);
    wisp_emit_32(c, memory);
    wisp_emit_result(c, address);
}

void wisp_walk_memory_init(wisp_compiler *c)
{
    uint32_t segment = read_data_index(c);
    uint32_t memory = wisp_walk_memory(c);
    wisp_valtype address = wisp_walk_address(c, memory);
    emit_slow(c, (wisp_valtype[]){address, WISP_I32, WISP_I32}, 3, 0);
    wisp_emit_32(c, memory);
    wisp_emit_32(c, segment);
}

void wisp_walk_data_drop(wisp_compiler *c)
{
    uint32_t segment = read_data_index(c);
    emit_slow(c, NULL, 0, 0);
    wisp_emit_32(c, segment);
}

/* The type of a size that both of two index types can hold. */
static wisp_valtype smaller(wisp_valtype a, wisp_valtype b)
{
    return a == WISP_I64 ? b : a;
}

void wisp_walk_memory_copy(wisp_compiler *c)
{
    uint32_t to = wisp_walk_memory(c);
    uint32_t from = wisp_walk_memory(c);
    wisp_valtype to_type = wisp_walk_address(c, to);
    wisp_valtype from_type = wisp_walk_address(c, from);
    emit_slow(c, (wisp_valtype[]){to_type, from_type, smaller(to_type, from_type)}, 3, 0);
    wisp_emit_32(c, to);
    wisp_emit_32(c, from);
}

void wisp_walk_memory_fill(wisp_compiler *c)
{
    uint32_t memory = wisp_walk_memory(c);
    wisp_valtype address = wisp_walk_address(c, memory);
    emit_slow(c, (wisp_valtype[]){address, WISP_I32, address}, 3, 0);
    wisp_emit_32(c, memory);
}

/* ------------------------------------------------------------------ tables */

void wisp_walk_table_get(wisp_compiler *c)
{
    uint32_t table = wisp_walk_table(c);
    emit_slow(c, (wisp_valtype[]){wisp_walk_table_index(c, table)}, 1,
              wisp_walk_table_type(c, table));
    wisp_emit_32(c, table);
    wisp_emit_result(c, wisp_walk_table_type(c, table));
}

void wisp_walk_table_set(wisp_compiler *c)
{
    uint32_t table = wisp_walk_table(c);
    emit_slow(c,
              (wisp_valtype[]){wisp_walk_table_index(c, table), wisp_walk_table_type(c, table)},
              2, 0);
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
    emit_slow(c, (wisp_valtype[]){wisp_walk_table_index(c, table), WISP_I32, WISP_I32}, 3, 0);
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
    wisp_valtype to_type = wisp_walk_table_index(c, to),
                 from_type = wisp_walk_table_index(c, from);
    emit_slow(c, (wisp_valtype[]){to_type, from_type, smaller(to_type, from_type)}, 3, 0);
    wisp_emit_32(c, to);
    wisp_emit_32(c, from);
}

void wisp_walk_table_grow(wisp_compiler *c)
{
    uint32_t table = wisp_walk_table(c);
    wisp_valtype index = wisp_walk_table_index(c, table);
    emit_slow(c, (wisp_valtype[]){wisp_walk_table_type(c, table), index}, 2, index);
    wisp_emit_32(c, table);
    wisp_emit_result(c, index);
}

void wisp_walk_table_size(wisp_compiler *c)
{
    uint32_t table = wisp_walk_table(c);
    wisp_valtype index = wisp_walk_table_index(c, table);
    emit_slow(c, NULL, 0, index);
    wisp_emit_32(c, table);
    wisp_emit_result(c, index);
}

void wisp_walk_table_fill(wisp_compiler *c)
{
    uint32_t table = wisp_walk_table(c);
    wisp_valtype index = wisp_walk_table_index(c, table);
    emit_slow(c, (wisp_valtype[]){index, wisp_walk_table_type(c, table), index}, 3, 0);
    wisp_emit_32(c, table);
}
