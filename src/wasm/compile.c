#include "wasm/compile.h"

#include <string.h>

#include "wasm/bits.h"
#include "wasm/compiler.h"
#include "wasm/types.h"

/*
 * The walk over a function's instructions: one function a shape (opcodes.h), each of which
 * reads the immediates, moves the operand stack as the specification says and emits code.
 */

/* ------------------------------------------------------------------ immediates */

static uint32_t read_u32(wisp_compiler *c, const char *expected)
{
    uint32_t value = 0;
    if (!wisp_read_leb_u32(&c->r, &value))
        wisp_compile_fail(c, WISP_MALFORMED, "%s expects %s", c->opcode->text, expected);
    return value;
}

/* An index into [count] things that are called [what]. */
static uint32_t read_index(wisp_compiler *c, const char *what, uint32_t count)
{
    uint32_t index = read_u32(c, "an index");
    if (c->status == WISP_OK && index >= count)
        wisp_compile_fail(c, WISP_MISMATCH, "%s: unknown %s %u, expected less than %u",
                          c->opcode->text, what, index, count);
    return c->status ? 0 : index;
}

static uint8_t read_byte(wisp_compiler *c, const char *expected)
{
    uint8_t byte = 0;
    if (!wisp_read_u8(&c->r, &byte))
        wisp_compile_fail(c, WISP_MALFORMED, "%s expects %s, found the body's end",
                          c->opcode->text, expected);
    return byte;
}

/* Refuses a byte that is no value type. */
static void check_valtype(wisp_compiler *c, uint8_t byte)
{
    wisp_error why;
    wisp_status status = wisp_valtype_check(byte, c->offset, &why);
    if (status)
        wisp_compile_fail(c, status, "%s", why.text);
}

static wisp_valtype read_valtype(wisp_compiler *c)
{
    uint8_t byte = read_byte(c, "a value type");
    if (c->status == WISP_OK)
        check_valtype(c, byte);
    return byte;
}

static wisp_valtype read_reftype(wisp_compiler *c)
{
    wisp_valtype type = read_valtype(c);
    if (c->status == WISP_OK && !wisp_valtype_is_ref(type))
        wisp_compile_fail(c, WISP_MALFORMED, "%s expects a reference type, found %s",
                          c->opcode->text, wisp_valtype_name(type));
    return type;
}

static void check_memory(wisp_compiler *c, uint32_t index)
{
    if (index >= c->module->memory_count)
        wisp_compile_fail(c, WISP_MISMATCH, "%s: unknown memory %u", c->opcode->text, index);
}

static void read_memory(wisp_compiler *c)
{
    uint32_t index = read_u32(c, "a memory index");
    check_memory(c, index);
}

/* Alignment and offset of an access to 2^[natural] bytes (Spec 5.4.7); returns the offset. */
static uint32_t read_memarg(wisp_compiler *c, uint32_t natural)
{
    enum { HAS_MEMORY = 0x40 };
    uint32_t flags = read_u32(c, "an alignment");
    uint32_t memory = flags & HAS_MEMORY ? read_u32(c, "a memory index") : 0;
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
        wisp_compile_fail(c, WISP_MISMATCH, "%s: offset out of range, 0x%llx in a memory of 32 bits",
                          c->opcode->text, (unsigned long long)offset);
    return (uint32_t)offset;
}

static uint32_t read_table(wisp_compiler *c)
{
    return read_index(c, "table", c->module->table_count);
}

static wisp_valtype table_type(const wisp_compiler *c, uint32_t table)
{
    return c->status ? WISP_FUNCREF : c->module->tables[table].type;
}

static uint32_t read_data_index(wisp_compiler *c)
{
    if (!c->has_data_count)
        wisp_compile_fail(c, WISP_MALFORMED, "%s: data count section required",
                          c->opcode->text);
    return read_index(c, "data segment", c->module->data_count);
}

/* A block's type (Spec 5.4.1): an index, one value type, or none. */
static const wisp_functype *read_blocktype(wisp_compiler *c, uint8_t *single)
{
    enum { EMPTY = 0x40 };
    int64_t index = 0;
    *single = 0;
    if (wisp_reader_left(&c->r) && (*c->r.at & 0xc0) == 0x40) {
        uint8_t byte = read_byte(c, "a block type");
        if (byte != EMPTY) {
            check_valtype(c, byte);
            *single = byte;
        }
        return NULL;
    }
    if (!wisp_read_leb_s33(&c->r, &index) || index < 0)
        wisp_compile_fail(c, WISP_MALFORMED, "%s expects a block type", c->opcode->text);
    else if (index >= c->module->type_count)
        wisp_compile_fail(c, WISP_MISMATCH, "%s: unknown type %lld", c->opcode->text,
                          (long long)index);
    return c->status ? NULL : &c->module->types[index];
}

/* ------------------------------------------------------------------ blocks */

static wisp_control *current(wisp_compiler *c)
{
    return &c->controls[c->depth - 1];
}

static wisp_types params_of(const wisp_functype *type)
{
    return type ? (wisp_types){type->params, type->param_count} : (wisp_types){NULL, 0};
}

/* Takes the block's parameters and leaves all that is on the stack where it stays put
 * whatever the block does. */
static void enter_block(wisp_compiler *c, const wisp_functype *type)
{
    wisp_types params = params_of(type);
    wisp_operands_check(c, params);
    wisp_emit_flush(c);
    wisp_emit_home(c, params.count);
    wisp_operands_pop(c, params);
}

static void walk_block(wisp_compiler *c)
{
    uint8_t single;
    const wisp_functype *type = read_blocktype(c, &single);
    enter_block(c, type);
    wisp_control_push(c, WISP_OPCODE_BLOCK, type, single);
}

static void walk_loop(wisp_compiler *c)
{
    uint8_t single;
    const wisp_functype *type = read_blocktype(c, &single);
    enter_block(c, type);
    wisp_control_push(c, WISP_OPCODE_LOOP, type, single);
}

static void walk_if(wisp_compiler *c)
{
    uint8_t single;
    const wisp_functype *type = read_blocktype(c, &single);
    wisp_condition condition = wisp_emit_condition(c);
    enter_block(c, type);
    uint32_t else_jump = wisp_emit_forward(c, &condition, false);
    wisp_control_push(c, WISP_OPCODE_IF, type, single);
    if (c->status == WISP_OK)
        current(c)->else_jump = else_jump;
}

/* Checks that the block's results, and nothing else, are on the stack. */
static void check_results(wisp_compiler *c)
{
    const wisp_control *block = current(c);
    wisp_types results = wisp_control_results(block);
    wisp_operands_check(c, results);
    size_t left = c->height - block->height;
    if (c->status == WISP_OK && left != results.count)
        wisp_compile_fail(c, WISP_MISMATCH,
                          "values remaining on stack at end of block: %zu, expected %u", left,
                          results.count);
}

static void walk_else(wisp_compiler *c)
{
    wisp_control *block = current(c);
    if (block->opcode != WISP_OPCODE_IF) {
        wisp_compile_fail(c, WISP_MALFORMED, "else outside of an if");
        return;
    }
    check_results(c);
    if (!c->is_dead) {
        wisp_emit_home(c, wisp_control_results(block).count);
        wisp_emit_jump(c, block, NULL, true);
    }
    wisp_operands_drop(c);
    wisp_emit_patch(c, block->else_jump);
    block->else_jump = 0;
    block->opcode = WISP_OPCODE_ELSE;
    block->is_polymorphic = false;
    c->is_dead = block->was_dead;
    wisp_operands_push(c, wisp_control_params(block));
}

/* An if without else passes its parameters on as results. */
static void check_missing_else(wisp_compiler *c, const wisp_control *block)
{
    wisp_types params = wisp_control_params(block), results = wisp_control_results(block);
    if (params.count != results.count ||
        (params.count && memcmp(params.types, results.types, params.count) != 0))
        wisp_compile_fail(c, WISP_MISMATCH,
                          "if without else must have equal parameter and result types");
}

static void walk_end(wisp_compiler *c)
{
    wisp_control block = *current(c);
    wisp_types results = wisp_control_results(&block);
    check_results(c);
    if (block.opcode == WISP_OPCODE_IF)
        check_missing_else(c, &block);
    if (c->status)
        return;
    if (block.is_function) {
        wisp_emit_return(c);
        c->depth = 0;
        return;
    }
    if (block.opcode == WISP_OPCODE_LOOP)
        wisp_emit_weights(c, &block);
    bool is_joined = block.jumps != 0 || block.else_jump != 0;
    bool is_kept = !is_joined && !c->is_dead;
    if (is_joined)
        wisp_emit_home(c, results.count);
    if (!is_kept)
        wisp_operands_drop(c);
    c->depth--;
    wisp_emit_label(c, &block);
    wisp_emit_patch(c, block.else_jump);
    c->is_dead = c->is_dead && !is_joined;
    if (!is_kept)
        wisp_operands_push(c, results);
}

/* ------------------------------------------------------------------ branches */

static void walk_unreachable(wisp_compiler *c)
{
    wisp_emit_code(c, WISP_CODE_UNREACHABLE);
    wisp_emit_dead(c);
}

static void walk_nop(wisp_compiler *c)
{
    (void)c;
}

static void walk_br(wisp_compiler *c)
{
    wisp_control *target = wisp_control_at(c, read_u32(c, "a label"));
    wisp_operands_check(c, wisp_control_label(target));
    wisp_emit_branch(c, target);
    wisp_emit_dead(c);
}

static void walk_br_if(wisp_compiler *c)
{
    wisp_control *target = wisp_control_at(c, read_u32(c, "a label"));
    wisp_condition condition = wisp_emit_condition(c);
    wisp_operands_check(c, wisp_control_label(target));
    if (!target->is_function && !wisp_emit_must_move(c, target)) {
        wisp_emit_jump(c, target, &condition, true);
        return;
    }
    uint32_t over = wisp_emit_forward(c, &condition, false);
    wisp_emit_branch(c, target);
    wisp_emit_patch(c, over);
}

/* Whether br_table can go to [target] without code of its own in between. */
static bool is_direct(wisp_compiler *c, const wisp_control *target)
{
    return !target->is_function && target->opcode != WISP_OPCODE_LOOP &&
           !wisp_emit_must_move(c, target);
}

/* Fills the entry at [unit] of the table at [table]. */
static void fill_table_entry(wisp_compiler *c, uint32_t table, uint32_t unit,
                             wisp_control *target)
{
    if (c->is_dead || c->status)
        return;
    uint32_t value;
    if (is_direct(c, target)) {
        value = target->jumps;
        target->jumps = unit + 1;
    } else {
        if (target->stub_of != table) {
            target->stub_of = table;
            target->stub = (uint32_t)c->code_len;
            wisp_emit_branch(c, target);
        }
        value = target->stub - unit;
    }
    if (c->status == WISP_OK)
        memcpy(&c->code[unit], &value, sizeof value);
}

/* Checks [count] + 1 labels and leaves the reader where it was. */
static void check_labels(wisp_compiler *c, uint32_t count)
{
    wisp_reader start = c->r;
    uint32_t arity = 0;
    for (uint32_t i = 0; i <= count && c->status == WISP_OK; i++) {
        wisp_types types = wisp_control_label(wisp_control_at(c, read_u32(c, "a label")));
        if (i > 0 && types.count != arity)
            wisp_compile_fail(c, WISP_MISMATCH, "br_table: label %u takes %u values, others %u",
                              i, types.count, arity);
        arity = types.count;
        wisp_operands_match(c, types);
    }
    c->r = start;
}

static void walk_br_table(wisp_compiler *c)
{
    uint32_t count = read_u32(c, "a number of labels");
    if (c->status == WISP_OK && count > wisp_reader_left(&c->r))
        wisp_compile_fail(c, WISP_MALFORMED, "br_table: %u labels in %zu bytes", count,
                          wisp_reader_left(&c->r));
    if (count > WISP_BR_TABLE_MAX)
        wisp_compile_fail(c, WISP_LIMIT, "br_table: %u labels, at most %d are allowed", count,
                          WISP_BR_TABLE_MAX);
    wisp_operand index = wisp_operand_pop(c, WISP_I32);
    check_labels(c, count);
    if (c->status)
        return;
    uint16_t slot = wisp_emit_use(c, &index);
    wisp_emit_code(c, WISP_CODE_BR_TABLE);
    wisp_emit(c, slot);
    wisp_emit_32(c, count);
    uint32_t table = (uint32_t)c->code_len;
    for (uint32_t i = 0; i <= count; i++)
        wisp_emit_32(c, 0);
    for (uint32_t i = 0; i <= count; i++)
        fill_table_entry(c, table, table + i * WISP_UNITS_32,
                         wisp_control_at(c, read_u32(c, "a label")));
    wisp_emit_dead(c);
}

static void walk_return(wisp_compiler *c)
{
    wisp_operands_check(c, (wisp_types){c->type->results, c->type->result_count});
    wisp_emit_return(c);
    wisp_emit_dead(c);
}

/* ------------------------------------------------------------------ calls */

/* Puts the arguments where the callee wants them; returns the first one's slot. */
static uint16_t pass_arguments(wisp_compiler *c, const wisp_functype *type)
{
    wisp_types params = params_of(type);
    wisp_operands_check(c, params);
    wisp_emit_home(c, params.count);
    wisp_operands_pop(c, params);
    return wisp_operand_home(c);
}

static void take_results(wisp_compiler *c, const wisp_functype *type)
{
    wisp_operands_push(c, (wisp_types){type->results, type->result_count});
}

static void walk_call(wisp_compiler *c)
{
    const wisp_module *m = c->module;
    uint32_t index = read_index(c, "function", m->function_count);
    if (c->status)
        return;
    const wisp_functype *type = wisp_module_functype(m, index);
    uint16_t arguments = pass_arguments(c, type);
    if (index < m->imported_functions) {
        wisp_emit_code(c, WISP_CODE_CALL_IMPORT);
        wisp_emit(c, arguments);
        wisp_emit_32(c, index);
    } else {
        wisp_emit_code(c, WISP_CODE_CALL);
        wisp_emit(c, arguments);
        wisp_emit_64(c, (uintptr_t)&m->functions[index]);
    }
    take_results(c, type);
}

static void walk_call_indirect(wisp_compiler *c)
{
    uint32_t type_index = read_index(c, "type", c->module->type_count);
    uint32_t table = read_table(c);
    if (table_type(c, table) != WISP_FUNCREF)
        wisp_compile_fail(c, WISP_MISMATCH, "call_indirect expects a table of funcref, found %s",
                          wisp_valtype_name(table_type(c, table)));
    wisp_operand index = wisp_operand_pop(c, WISP_I32);
    if (c->status)
        return;
    const wisp_functype *type = &c->module->types[type_index];
    uint16_t slot = wisp_emit_use(c, &index);
    uint16_t arguments = pass_arguments(c, type);
    wisp_emit_code(c, WISP_CODE_CALL_INDIRECT);
    wisp_emit(c, arguments);
    wisp_emit(c, slot);
    wisp_emit_32(c, type_index);
    wisp_emit_32(c, table);
    take_results(c, type);
}

/* ------------------------------------------------------------------ parametric, variables */

static void walk_drop(wisp_compiler *c)
{
    wisp_operand_pop(c, 0);
}

/* Emits a select of two operands of [type]; 0 takes any number. */
static void select(wisp_compiler *c, wisp_valtype type)
{
    wisp_operand condition = wisp_operand_pop(c, WISP_I32);
    wisp_operand b = wisp_operand_pop(c, type);
    wisp_operand a = wisp_operand_pop(c, type ? type : (wisp_valtype)b.type);
    wisp_valtype result = type ? type : a.type ? a.type : b.type;
    if (!type && wisp_valtype_is_ref(result))
        wisp_compile_fail(c, WISP_MISMATCH, "select expects numbers, found %s",
                          wisp_valtype_name(result));
    uint16_t slot_a = wisp_emit_use(c, &a);
    uint16_t slot_b = wisp_emit_use(c, &b);
    uint16_t slot_c = wisp_emit_use(c, &condition);
    wisp_emit_producer(c, wisp_valtype_is_64(result) ? WISP_CODE_SELECT_64 : WISP_CODE_SELECT_32);
    wisp_emit(c, slot_a);
    wisp_emit(c, slot_b);
    wisp_emit(c, slot_c);
    wisp_emit_result(c, result);
}

static void walk_select(wisp_compiler *c)
{
    select(c, 0);
}

static void walk_select_t(wisp_compiler *c)
{
    uint32_t count = read_u32(c, "a number of types");
    if (c->status == WISP_OK && count != 1)
        wisp_compile_fail(c, WISP_MISMATCH, "select: invalid result arity %u, expected 1", count);
    wisp_valtype type = read_valtype(c);
    if (c->status == WISP_OK)
        select(c, type);
}

static uint32_t read_local(wisp_compiler *c)
{
    return read_index(c, "local", c->local_count);
}

static void walk_local_get(wisp_compiler *c)
{
    uint32_t local = read_local(c);
    if (c->status == WISP_OK)
        wisp_operand_push_local(c, local);
}

/* Pops a value into [local], if possible by having its instruction write there. */
static wisp_operand set_local(wisp_compiler *c, uint32_t local)
{
    bool can_retarget = wisp_emit_can_retarget(c);
    wisp_operand value = wisp_operand_pop(c, c->local_types[local]);
    if (can_retarget && c->local_refs[local] == 0) {
        wisp_emit_retarget(c, c->local_slots[local]);
        return value;
    }
    wisp_emit_flush_local(c, local);
    wisp_emit_move(c, c->local_slots[local], &value);
    return value;
}

static void walk_local_set(wisp_compiler *c)
{
    uint32_t local = read_local(c);
    if (c->status == WISP_OK)
        set_local(c, local);
}

static void walk_local_tee(wisp_compiler *c)
{
    uint32_t local = read_local(c);
    if (c->status)
        return;
    wisp_operand value = set_local(c, local);
    if (value.kind == WISP_OPERAND_CONSTANT)
        wisp_operand_push_constant(c, value.type, value.bits);
    else
        wisp_operand_push_local(c, local);
}

static uint32_t read_global(wisp_compiler *c)
{
    return read_index(c, "global", c->module->global_count);
}

static void walk_global_get(wisp_compiler *c)
{
    uint32_t index = read_global(c);
    if (c->status)
        return;
    wisp_valtype type = c->module->globals[index].type;
    wisp_emit_producer(c,
                       wisp_valtype_is_64(type) ? WISP_CODE_GLOBAL_GET_64 : WISP_CODE_GLOBAL_GET_32);
    wisp_emit_32(c, index);
    wisp_emit_result(c, type);
}

static void walk_global_set(wisp_compiler *c)
{
    uint32_t index = read_global(c);
    if (c->status)
        return;
    const wisp_module_global *global = &c->module->globals[index];
    if (!global->is_mutable)
        wisp_compile_fail(c, WISP_MISMATCH, "global.set: global %u is immutable", index);
    wisp_operand value = wisp_operand_pop(c, global->type);
    uint16_t slot = wisp_emit_use(c, &value);
    wisp_emit_code(c, wisp_valtype_is_64(global->type) ? WISP_CODE_GLOBAL_SET_64
                                                       : WISP_CODE_GLOBAL_SET_32);
    wisp_emit(c, slot);
    wisp_emit_32(c, index);
}

/* ------------------------------------------------------------------ numbers */

static void walk_i32_const(wisp_compiler *c)
{
    int32_t value = 0;
    if (!wisp_read_leb_s32(&c->r, &value))
        wisp_compile_fail(c, WISP_MALFORMED, "i32.const expects a 32-bit number");
    wisp_operand_push_constant(c, WISP_I32, (uint32_t)value);
}

static void walk_i64_const(wisp_compiler *c)
{
    int64_t value = 0;
    if (!wisp_read_leb_s64(&c->r, &value))
        wisp_compile_fail(c, WISP_MALFORMED, "i64.const expects a 64-bit number");
    wisp_operand_push_constant(c, WISP_I64, (uint64_t)value);
}

static void walk_f32_const(wisp_compiler *c)
{
    uint32_t bits = 0;
    if (!wisp_read_u32le(&c->r, &bits))
        wisp_compile_fail(c, WISP_MALFORMED, "f32.const expects 4 bytes");
    wisp_operand_push_constant(c, WISP_F32, bits);
}

static void walk_f64_const(wisp_compiler *c)
{
    uint64_t bits = 0;
    if (!wisp_read_u64le(&c->r, &bits))
        wisp_compile_fail(c, WISP_MALFORMED, "f64.const expects 8 bytes");
    wisp_operand_push_constant(c, WISP_F64, bits);
}

static void walk_unary(wisp_compiler *c)
{
    const wisp_opcode *op = c->opcode;
    wisp_operand a = wisp_operand_pop(c, op->in);
    uint16_t slot = wisp_emit_use(c, &a);
    wisp_emit_producer(c, op->code);
    wisp_emit(c, slot);
    wisp_emit_result(c, op->out);
}

/* The bits stay where they are. */
static void walk_reinterpret(wisp_compiler *c)
{
    const wisp_opcode *op = c->opcode;
    wisp_operand a = wisp_operand_pop(c, op->in);
    if (a.kind == WISP_OPERAND_CONSTANT) {
        wisp_operand_push_constant(c, op->out, a.bits);
        return;
    }
    if (a.kind == WISP_OPERAND_LOCAL)
        wisp_emit_move(c, a.home, &a);
    wisp_operand_push(c, op->out);
}

/* Whether [operand] fits the immediate of an RI form. */
static bool is_immediate(const wisp_operand *operand)
{
    return operand->kind == WISP_OPERAND_CONSTANT &&
           (operand->type == WISP_I32 || (int64_t)operand->bits == (int32_t)operand->bits);
}

/* Emits [code], which is an RR form, or the RI form that follows it. */
static void emit_binary(wisp_compiler *c, uint32_t code, const wisp_operand *a,
                        const wisp_operand *b, wisp_valtype out)
{
    bool has_immediate = is_immediate(b);
    uint16_t slot_a = wisp_emit_use(c, a);
    uint16_t slot_b = has_immediate ? 0 : wisp_emit_use(c, b);
    wisp_emit_producer(c, has_immediate ? code + 1 : code);
    wisp_emit(c, slot_a);
    if (has_immediate)
        wisp_emit_32(c, (uint32_t)b->bits);
    else
        wisp_emit(c, slot_b);
    wisp_emit_result(c, out);
}

static void walk_binary(wisp_compiler *c)
{
    const wisp_opcode *op = c->opcode;
    wisp_operand b = wisp_operand_pop(c, op->in);
    wisp_operand a = wisp_operand_pop(c, op->in);
    uint16_t slot_a = wisp_emit_use(c, &a);
    uint16_t slot_b = wisp_emit_use(c, &b);
    wisp_emit_producer(c, op->code);
    wisp_emit(c, slot_a);
    wisp_emit(c, slot_b);
    wisp_emit_result(c, op->out);
}

static void walk_binary_ri(wisp_compiler *c)
{
    const wisp_opcode *op = c->opcode;
    wisp_operand b = wisp_operand_pop(c, op->in);
    wisp_operand a = wisp_operand_pop(c, op->in);
    emit_binary(c, op->code, &a, &b, op->out);
}

static void walk_commutative(wisp_compiler *c)
{
    const wisp_opcode *op = c->opcode;
    wisp_operand b = wisp_operand_pop(c, op->in);
    wisp_operand a = wisp_operand_pop(c, op->in);
    if (is_immediate(&a) && !is_immediate(&b))
        emit_binary(c, op->code, &b, &a, op->out);
    else
        emit_binary(c, op->code, &a, &b, op->out);
}

/* a < b is b > a: the comparison with its operands exchanged. */
static uint32_t exchanged(uint32_t code)
{
    static const uint8_t groups[] = {0, 1, 4, 5, 2, 3, 8, 9, 6, 7};
    uint32_t first = code >= WISP_CODE_I64_EQ_RR ? WISP_CODE_I64_EQ_RR : WISP_CODE_I32_EQ_RR;
    return first + groups[(code - first) / WISP_FORM_COUNT] * WISP_FORM_COUNT;
}

static void walk_compare(wisp_compiler *c)
{
    const wisp_opcode *op = c->opcode;
    wisp_operand b = wisp_operand_pop(c, op->in);
    wisp_operand a = wisp_operand_pop(c, op->in);
    if (is_immediate(&a) && !is_immediate(&b))
        emit_binary(c, exchanged(op->code), &b, &a, op->out);
    else
        emit_binary(c, op->code, &a, &b, op->out);
}

/* The negation of a comparison just made is another comparison. */
static void walk_eqz(wisp_compiler *c)
{
    const wisp_opcode *op = c->opcode;
    if (op->in == WISP_I32 && wisp_emit_negate(c))
        return;
    wisp_operand zero = {.type = op->in, .kind = WISP_OPERAND_CONSTANT};
    wisp_operand a = wisp_operand_pop(c, op->in);
    emit_binary(c, op->code, &a, &zero, op->out);
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

static void walk_load_1(wisp_compiler *c)
{
    load(c, 0);
}

static void walk_load_2(wisp_compiler *c)
{
    load(c, 1);
}

static void walk_load_4(wisp_compiler *c)
{
    load(c, 2);
}

static void walk_load_8(wisp_compiler *c)
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

static void walk_store_1(wisp_compiler *c)
{
    store(c, 0);
}

static void walk_store_2(wisp_compiler *c)
{
    store(c, 1);
}

static void walk_store_4(wisp_compiler *c)
{
    store(c, 2);
}

static void walk_store_8(wisp_compiler *c)
{
    store(c, 3);
}

/* ------------------------------------------------------------------ slow instructions */

/* Pops operands of [types] and emits [code] with their slots; with [out] it gives a result. */
static void emit_slow(wisp_compiler *c, const uint8_t *types, uint32_t count, wisp_valtype out)
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

static const uint8_t three_i32[] = {WISP_I32, WISP_I32, WISP_I32};

static void walk_memory_size(wisp_compiler *c)
{
    read_memory(c);
    emit_slow(c, NULL, 0, WISP_I32);
    wisp_emit_result(c, WISP_I32);
}

static void walk_memory_grow(wisp_compiler *c)
{
    read_memory(c);
    emit_slow(c, three_i32, 1, WISP_I32);
    wisp_emit_result(c, WISP_I32);
}

static void walk_memory_init(wisp_compiler *c)
{
    uint32_t segment = read_data_index(c);
    read_memory(c);
    emit_slow(c, three_i32, 3, 0);
    wisp_emit_32(c, segment);
}

static void walk_data_drop(wisp_compiler *c)
{
    uint32_t segment = read_data_index(c);
    emit_slow(c, NULL, 0, 0);
    wisp_emit_32(c, segment);
}

static void walk_memory_copy(wisp_compiler *c)
{
    read_memory(c);
    read_memory(c);
    emit_slow(c, three_i32, 3, 0);
}

static void walk_memory_fill(wisp_compiler *c)
{
    read_memory(c);
    emit_slow(c, three_i32, 3, 0);
}

static void walk_table_get(wisp_compiler *c)
{
    uint32_t table = read_table(c);
    emit_slow(c, three_i32, 1, table_type(c, table));
    wisp_emit_32(c, table);
    wisp_emit_result(c, table_type(c, table));
}

static void walk_table_set(wisp_compiler *c)
{
    uint32_t table = read_table(c);
    emit_slow(c, (uint8_t[]){WISP_I32, (uint8_t)table_type(c, table)}, 2, 0);
    wisp_emit_32(c, table);
}

static uint32_t read_segment(wisp_compiler *c)
{
    return read_index(c, "element segment", c->module->element_count);
}

static void walk_table_init(wisp_compiler *c)
{
    uint32_t segment = read_segment(c);
    uint32_t table = read_table(c);
    if (c->status == WISP_OK && c->module->elements[segment].type != table_type(c, table))
        wisp_compile_fail(c, WISP_MISMATCH, "table.init: type mismatch of segment and table");
    emit_slow(c, three_i32, 3, 0);
    wisp_emit_32(c, table);
    wisp_emit_32(c, segment);
}

static void walk_elem_drop(wisp_compiler *c)
{
    uint32_t segment = read_segment(c);
    emit_slow(c, NULL, 0, 0);
    wisp_emit_32(c, segment);
}

static void walk_table_copy(wisp_compiler *c)
{
    uint32_t to = read_table(c);
    uint32_t from = read_table(c);
    if (table_type(c, to) != table_type(c, from))
        wisp_compile_fail(c, WISP_MISMATCH, "table.copy: type mismatch of the tables");
    emit_slow(c, three_i32, 3, 0);
    wisp_emit_32(c, to);
    wisp_emit_32(c, from);
}

static void walk_table_grow(wisp_compiler *c)
{
    uint32_t table = read_table(c);
    emit_slow(c, (uint8_t[]){(uint8_t)table_type(c, table), WISP_I32}, 2, WISP_I32);
    wisp_emit_32(c, table);
    wisp_emit_result(c, WISP_I32);
}

static void walk_table_size(wisp_compiler *c)
{
    uint32_t table = read_table(c);
    emit_slow(c, NULL, 0, WISP_I32);
    wisp_emit_32(c, table);
    wisp_emit_result(c, WISP_I32);
}

static void walk_table_fill(wisp_compiler *c)
{
    uint32_t table = read_table(c);
    emit_slow(c, (uint8_t[]){WISP_I32, (uint8_t)table_type(c, table), WISP_I32}, 3, 0);
    wisp_emit_32(c, table);
}

static void walk_ref_null(wisp_compiler *c)
{
    wisp_valtype type = read_reftype(c);
    wisp_operand_push_constant(c, type, 0);
}

static void walk_ref_is_null(wisp_compiler *c)
{
    wisp_operand ref = wisp_operand_pop(c, 0);
    if (ref.type && !wisp_valtype_is_ref(ref.type))
        wisp_compile_fail(c, WISP_MISMATCH, "ref.is_null expects a reference, found %s",
                          wisp_valtype_name(ref.type));
    uint16_t slot = wisp_emit_use(c, &ref);
    wisp_emit_producer(c, WISP_CODE_REF_IS_NULL);
    wisp_emit(c, slot);
    wisp_emit_result(c, WISP_I32);
}

static void walk_ref_func(wisp_compiler *c)
{
    uint32_t index = read_index(c, "function", c->module->function_count);
    if (c->status == WISP_OK && !c->module->functions[index].is_declared)
        wisp_compile_fail(c, WISP_MISMATCH, "ref.func: undeclared function reference %u", index);
    emit_slow(c, NULL, 0, WISP_FUNCREF);
    wisp_emit_32(c, index);
    wisp_emit_result(c, WISP_FUNCREF);
}

/* ------------------------------------------------------------------ the walk */

typedef void walker(wisp_compiler *c);

static walker *const walkers[] = {
    [WISP_SHAPE_UNREACHABLE] = walk_unreachable,
    [WISP_SHAPE_NOP] = walk_nop,
    [WISP_SHAPE_BLOCK] = walk_block,
    [WISP_SHAPE_LOOP] = walk_loop,
    [WISP_SHAPE_IF] = walk_if,
    [WISP_SHAPE_ELSE] = walk_else,
    [WISP_SHAPE_END] = walk_end,
    [WISP_SHAPE_BR] = walk_br,
    [WISP_SHAPE_BR_IF] = walk_br_if,
    [WISP_SHAPE_BR_TABLE] = walk_br_table,
    [WISP_SHAPE_RETURN] = walk_return,
    [WISP_SHAPE_CALL] = walk_call,
    [WISP_SHAPE_CALL_INDIRECT] = walk_call_indirect,
    [WISP_SHAPE_DROP] = walk_drop,
    [WISP_SHAPE_SELECT] = walk_select,
    [WISP_SHAPE_SELECT_T] = walk_select_t,
    [WISP_SHAPE_LOCAL_GET] = walk_local_get,
    [WISP_SHAPE_LOCAL_SET] = walk_local_set,
    [WISP_SHAPE_LOCAL_TEE] = walk_local_tee,
    [WISP_SHAPE_GLOBAL_GET] = walk_global_get,
    [WISP_SHAPE_GLOBAL_SET] = walk_global_set,
    [WISP_SHAPE_TABLE_GET] = walk_table_get,
    [WISP_SHAPE_TABLE_SET] = walk_table_set,
    [WISP_SHAPE_LOAD_1] = walk_load_1,
    [WISP_SHAPE_LOAD_2] = walk_load_2,
    [WISP_SHAPE_LOAD_4] = walk_load_4,
    [WISP_SHAPE_LOAD_8] = walk_load_8,
    [WISP_SHAPE_STORE_1] = walk_store_1,
    [WISP_SHAPE_STORE_2] = walk_store_2,
    [WISP_SHAPE_STORE_4] = walk_store_4,
    [WISP_SHAPE_STORE_8] = walk_store_8,
    [WISP_SHAPE_MEMORY_SIZE] = walk_memory_size,
    [WISP_SHAPE_MEMORY_GROW] = walk_memory_grow,
    [WISP_SHAPE_I32_CONST] = walk_i32_const,
    [WISP_SHAPE_I64_CONST] = walk_i64_const,
    [WISP_SHAPE_F32_CONST] = walk_f32_const,
    [WISP_SHAPE_F64_CONST] = walk_f64_const,
    [WISP_SHAPE_EQZ] = walk_eqz,
    [WISP_SHAPE_COMPARE] = walk_compare,
    [WISP_SHAPE_UNARY] = walk_unary,
    [WISP_SHAPE_BINARY] = walk_binary,
    [WISP_SHAPE_BINARY_RI] = walk_binary_ri,
    [WISP_SHAPE_COMMUTATIVE] = walk_commutative,
    [WISP_SHAPE_REINTERPRET] = walk_reinterpret,
    [WISP_SHAPE_REF_NULL] = walk_ref_null,
    [WISP_SHAPE_REF_IS_NULL] = walk_ref_is_null,
    [WISP_SHAPE_REF_FUNC] = walk_ref_func,
    [WISP_SHAPE_MEMORY_INIT] = walk_memory_init,
    [WISP_SHAPE_DATA_DROP] = walk_data_drop,
    [WISP_SHAPE_MEMORY_COPY] = walk_memory_copy,
    [WISP_SHAPE_MEMORY_FILL] = walk_memory_fill,
    [WISP_SHAPE_TABLE_INIT] = walk_table_init,
    [WISP_SHAPE_ELEM_DROP] = walk_elem_drop,
    [WISP_SHAPE_TABLE_COPY] = walk_table_copy,
    [WISP_SHAPE_TABLE_GROW] = walk_table_grow,
    [WISP_SHAPE_TABLE_SIZE] = walk_table_size,
    [WISP_SHAPE_TABLE_FILL] = walk_table_fill,
};

/* Instructions known by their number that are not supported; NULL for an unknown one. */
static const char *feature_of(uint8_t byte)
{
    switch (byte) {
    case 0x06:
    case 0x07:
    case 0x08:
    case 0x09:
    case 0x0a:
    case 0x18:
    case 0x19:
    case 0x1f:
        return "exception handling";
    case 0x12:
    case 0x13:
        return "tail calls";
    case 0x14:
    case 0x15:
    case 0xd3:
    case 0xd4:
    case 0xd5:
    case 0xd6:
        return "typed function references";
    case 0xfb:
        return "garbage collection";
    case 0xfd:
        return "SIMD";
    case 0xfe:
        return "threads";
    }
    return NULL;
}

static void refuse_opcode(wisp_compiler *c, uint8_t byte)
{
    const char *feature = feature_of(byte);
    if (feature)
        wisp_compile_fail(c, WISP_UNSUPPORTED, "instruction 0x%02x (%s) is not supported", byte,
                          feature);
    else
        wisp_compile_fail(c, WISP_MALFORMED, "illegal opcode 0x%02x", byte);
}

static const wisp_opcode *read_prefixed(wisp_compiler *c)
{
    uint32_t number;
    if (!wisp_read_leb_u32(&c->r, &number)) {
        wisp_compile_fail(c, WISP_MALFORMED, "unexpected end, expected an opcode behind 0xfc");
        return NULL;
    }
    if (number < WISP_OPCODES_FC_COUNT)
        return &wisp_opcodes_fc[number];
    if (number >= 19 && number <= 22)
        wisp_compile_fail(c, WISP_UNSUPPORTED, "wide arithmetic is not supported");
    else
        wisp_compile_fail(c, WISP_MALFORMED, "illegal opcode 0xfc %u", number);
    return NULL;
}

/* Reads an opcode; on a fault the status says so. */
static const wisp_opcode *read_opcode(wisp_compiler *c)
{
    uint8_t byte;
    c->offset = (uint64_t)(c->r.at - c->module->bytes.data);
    if (!wisp_read_u8(&c->r, &byte)) {
        wisp_compile_fail(c, WISP_MALFORMED,
                          "unexpected end of the body: END opcode expected");
        return NULL;
    }
    if (byte == WISP_OPCODE_PREFIX_FC)
        return read_prefixed(c);
    if (wisp_opcodes[byte].text)
        return &wisp_opcodes[byte];
    refuse_opcode(c, byte);
    return NULL;
}

/* Locals that are no parameters begin as zero. */
static void clear_locals(wisp_compiler *c)
{
    uint32_t count = c->local_count - c->type->param_count;
    if (count == 0 || c->status)
        return;
    wisp_emit_code(c, WISP_CODE_CLEAR);
    wisp_emit(c, c->local_slots[c->type->param_count]);
    wisp_emit(c, (uint16_t)count);
}

static void walk_body(wisp_compiler *c)
{
    clear_locals(c);
    wisp_control_push(c, WISP_OPCODE_BLOCK, c->type, 0);
    while (c->depth != 0 && c->status == WISP_OK) {
        c->opcode = read_opcode(c);
        if (c->status)
            return;
        if (c->opcode->shape != WISP_SHAPE_END && c->opcode->shape != WISP_SHAPE_ELSE)
            c->instructions++;
        walkers[c->opcode->shape](c);
    }
    if (c->status == WISP_OK && c->r.at != c->r.end)
        wisp_compile_fail(c, WISP_MALFORMED, "%zu bytes behind the function's end",
                          wisp_reader_left(&c->r));
}

/* ------------------------------------------------------------------ locals */

static void add_local(wisp_compiler *c, wisp_valtype type, uint32_t slot)
{
    c->local_types[c->local_count] = (uint8_t)type;
    c->local_slots[c->local_count] = (uint16_t)slot;
    c->local_refs[c->local_count] = 0;
    c->local_count++;
}

/* Reads all groups to see that they are not too many. */
static void check_locals(wisp_compiler *c, uint32_t groups)
{
    wisp_reader start = c->r;
    uint64_t total = 0;
    for (uint32_t i = 0; i < groups && c->status == WISP_OK; i++) {
        total += read_u32(c, "a number of locals");
        read_valtype(c);
    }
    if (total > UINT32_MAX)
        wisp_compile_fail(c, WISP_MALFORMED, "too many locals: more than 32 bits can count");
    if (total > WISP_LOCALS_MAX)
        wisp_compile_fail(c, WISP_LIMIT, "%llu locals, at most %d are allowed",
                          (unsigned long long)total, WISP_LOCALS_MAX);
    c->r = start;
}

/* Parameters come first in the frame, then its header, then all other locals. */
static void read_locals(wisp_compiler *c)
{
    static const wisp_opcode locals = {.text = "local"};
    c->opcode = &locals;
    c->local_count = 0;
    for (uint32_t i = 0; i < c->type->param_count; i++)
        add_local(c, c->type->params[i], i);
    uint32_t slot = c->header + WISP_HEADER_SLOTS;
    uint32_t groups = read_u32(c, "a number of groups");
    check_locals(c, groups);
    for (uint32_t i = 0; i < groups && c->status == WISP_OK; i++) {
        uint32_t count = read_u32(c, "a number of locals");
        wisp_valtype type = read_valtype(c);
        for (uint32_t k = 0; k < count; k++)
            add_local(c, type, slot++);
    }
    c->base = slot;
    c->slots_max = slot;
}

/* ------------------------------------------------------------------ functions */

static void begin(wisp_compiler *c, uint32_t index, wisp_error *err)
{
    const wisp_module *m = c->module;
    const wisp_functype *type = wisp_module_functype(m, index);
    wisp_span body = m->functions[index].body;
    c->err = err;
    c->status = WISP_OK;
    c->function = index;
    c->type = type;
    c->r = wisp_reader_of(wisp_module_span(m, body));
    c->offset = body.offset;
    c->instructions = 0;
    c->header = (uint16_t)(type->param_count > type->result_count ? type->param_count
                                                                  : type->result_count);
    c->is_dead = false;
    c->height = c->moved = c->depth = 0;
    c->code_len = 0;
    c->code_max = 4096 + (size_t)64 * body.size;
    c->last_end = 0;
    c->locate = 0;
    read_locals(c);
}

/* Keeps the finished code in the module. */
static wisp_status keep(wisp_compiler *c, wisp_module *module)
{
    wisp_function *function = &module->functions[c->function];
    size_t size = c->code_len * sizeof *c->code;
    uint16_t *code = wisp_arena_alloc(&module->arena, c->code_len, sizeof *c->code);
    if (!code)
        return wisp_fail_memory(c->err, size);
    memcpy(code, c->code, size);
    function->start = code;
    function->code_len = (uint32_t)c->code_len;
    function->frame_size = c->slots_max * (uint32_t)sizeof(uint64_t);
    function->weight = (int32_t)(1 + c->instructions / 16);
    function->header = c->header;
    return WISP_OK;
}

wisp_status wisp_compile_function(wisp_compiler *c, wisp_module *module, uint32_t index,
                                  wisp_error *err)
{
    begin(c, index, err);
    walk_body(c);
    return c->status ? c->status : keep(c, module);
}

enum { ALL_LOCALS_MAX = WISP_PARAMS_MAX + WISP_LOCALS_MAX };

wisp_status wisp_compiler_new(const wisp_module *module, bool has_data_count,
                              wisp_compiler **out, wisp_error *err)
{
    const wisp_allocator *allocator = module->allocator;
    wisp_compiler *c = wisp_alloc(allocator, 1, sizeof *c);
    if (!c)
        return wisp_fail_memory(err, sizeof *c);
    c->module = module;
    c->has_data_count = has_data_count;
    *out = c;
    c->local_types = wisp_alloc(allocator, ALL_LOCALS_MAX, sizeof *c->local_types);
    c->local_slots = wisp_alloc(allocator, ALL_LOCALS_MAX, sizeof *c->local_slots);
    c->local_refs = wisp_alloc(allocator, ALL_LOCALS_MAX, sizeof *c->local_refs);
    if (!c->local_types || !c->local_slots || !c->local_refs)
        return wisp_fail_memory(err, ALL_LOCALS_MAX * sizeof *c->local_refs);
    return WISP_OK;
}

void wisp_compiler_free(wisp_compiler *c)
{
    if (!c)
        return;
    const wisp_allocator *allocator = c->module->allocator;
    wisp_free(allocator, c->local_types, ALL_LOCALS_MAX * sizeof *c->local_types);
    wisp_free(allocator, c->local_slots, ALL_LOCALS_MAX * sizeof *c->local_slots);
    wisp_free(allocator, c->local_refs, ALL_LOCALS_MAX * sizeof *c->local_refs);
    wisp_free(allocator, c->operands, c->operand_capacity * sizeof *c->operands);
    wisp_free(allocator, c->controls, c->control_capacity * sizeof *c->controls);
    wisp_free(allocator, c->code, c->code_capacity * sizeof *c->code);
    wisp_free(allocator, c, sizeof *c);
}

uint32_t wisp_compile_locate(const wisp_module *module, uint32_t index, uint32_t unit)
{
    wisp_compiler *c = NULL;
    uint32_t offset = 0;
    if (wisp_compiler_new(module, true, &c, NULL) == WISP_OK) {
        begin(c, index, NULL);
        c->locate = unit;
        walk_body(c);
        offset = c->status ? 0 : (uint32_t)c->located;
    }
    wisp_compiler_free(c);
    return offset;
}
