#include <string.h>

#include "wasm/types.h"
#include "wasm/walk.h"

/* Blocks and branches. */

const wisp_functype *wisp_walk_blocktype(wisp_compiler *c, wisp_valtype *single)
{
    enum { EMPTY = 0x40 };
    int64_t index = 0;
    *single = 0;
    if (wisp_reader_left(&c->r) && (*c->r.at & 0xc0) == 0x40) {
        if (*c->r.at == EMPTY)
            c->r.at++;
        else
            *single = wisp_walk_valtype(c);
        return NULL;
    }
    wisp_walk_use(c, WISP_FEATURE_MULTI_VALUE);
    if (!wisp_read_leb_s33(&c->r, &index) || index < 0)
        wisp_compile_fail(c, WISP_MALFORMED, "%s expects a block type", wisp_compile_text(c));
    else if (index >= c->module->type_count)
        wisp_compile_fail(c, WISP_MISMATCH, "%s: unknown type %lld", wisp_compile_text(c),
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

void wisp_walk_enter(wisp_compiler *c, const wisp_functype *type)
{
    wisp_types params = params_of(type);
    wisp_operands_check(c, params);
    if (c->moved < c->height)
        wisp_emit_flush(c);
    if (params.count != 0)
        wisp_emit_home(c, params.count);
    wisp_operands_pop(c, params);
}

void wisp_walk_block(wisp_compiler *c)
{
    wisp_valtype single;
    const wisp_functype *type = wisp_walk_blocktype(c, &single);
    wisp_walk_enter(c, type);
    wisp_control_push(c, WISP_OPCODE_BLOCK, type, single);
}

void wisp_walk_loop(wisp_compiler *c)
{
    wisp_valtype single;
    const wisp_functype *type = wisp_walk_blocktype(c, &single);
    wisp_walk_enter(c, type);
    wisp_control_push(c, WISP_OPCODE_LOOP, type, single);
}

void wisp_walk_if(wisp_compiler *c)
{
    wisp_valtype single;
    const wisp_functype *type = wisp_walk_blocktype(c, &single);
    wisp_condition condition = wisp_emit_condition(c);
    wisp_walk_enter(c, type);
    uint32_t else_jump = wisp_emit_forward(c, &condition, false);
    wisp_control_push(c, WISP_OPCODE_IF, type, single);
    if (c->status == WISP_OK)
        current(c)->else_jump = else_jump;
}

void wisp_walk_check_results(wisp_compiler *c)
{
    const wisp_control *block = current(c);
    wisp_types results = wisp_control_results(block);
    if (results.count == 0 && c->height == block->height)
        return;
    wisp_operands_check(c, results);
    size_t left = c->height - block->height;
    if (c->status == WISP_OK && left != results.count)
        wisp_compile_fail(c, WISP_MISMATCH,
                          "values remaining on stack at end of block: %zu, expected %u", left,
                          results.count);
}

void wisp_walk_else(wisp_compiler *c)
{
    c->instructions--; /* it is not counted */
    wisp_control *block = current(c);
    if (block->opcode != WISP_OPCODE_IF) {
        wisp_compile_fail(c, WISP_MALFORMED, "else outside of an if");
        return;
    }
    wisp_walk_check_results(c);
    if (!c->is_dead) {
        wisp_emit_home(c, wisp_control_results(block).count);
        wisp_emit_jump(c, block, NULL, true);
    }
    wisp_operands_drop(c);
    wisp_locals_unset(c, block);
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
    bool is_good = params.count == results.count;
    for (uint32_t i = 0; i < params.count && is_good; i++)
        is_good = wisp_valtype_matches(params.types[i], results.types[i]);
    if (!is_good)
        wisp_compile_fail(c, WISP_MISMATCH,
                          "if without else must have equal parameter and result types");
}

/* Ends the function: falling off the end returns, and so does what is caught for its label. */
static void end_function(wisp_compiler *c, wisp_control *block)
{
    wisp_emit_return(c);
    if (block->catches) {
        c->is_dead = false;
        wisp_handlers_land(c, block);
        wisp_emit_return_in_place(c);
    }
    c->depth = 0;
    c->code_room = 0;
}

/* All that goes on behind [block] comes here. */
static void join(wisp_compiler *c, wisp_control *block)
{
    wisp_emit_label(c, block);
    wisp_handlers_land(c, block);
    wisp_emit_patch(c, block->else_jump);
    c->is_dead = false;
}

void wisp_walk_end(wisp_compiler *c)
{
    c->instructions--; /* it is not counted */
    wisp_control *block = current(c);
    wisp_types results = wisp_control_results(block);
    wisp_walk_check_results(c);
    if (block->opcode == WISP_OPCODE_TRY_TABLE && c->status == WISP_OK)
        wisp_walk_try_table_end(c);
    if (block->opcode == WISP_OPCODE_IF)
        check_missing_else(c, block);
    if (c->status)
        return;
    if (block->is_function) {
        end_function(c, block);
        return;
    }
    wisp_locals_unset(c, block);
    if (block->weights != 0)
        wisp_emit_weights(c, block);
    bool is_joined = block->jumps != 0 || block->else_jump != 0 || block->catches != 0;
    bool is_moved = wisp_walk_catch_end(c);
    bool is_kept = !is_joined && !is_moved && !c->is_dead;
    if (is_joined && !is_moved && !c->is_dead && results.count != 0)
        wisp_emit_home(c, results.count);
    if (!is_kept)
        wisp_operands_drop(c);
    c->depth--;
    c->floor = current(c)->height;
    if (is_joined)
        join(c, block);
    if (!is_kept)
        wisp_operands_push(c, results);
}

/* ------------------------------------------------------------------ branches */

void wisp_walk_unreachable(wisp_compiler *c)
{
    wisp_emit_code(c, WISP_CODE_UNREACHABLE);
    wisp_emit_dead(c);
}

void wisp_walk_nop(wisp_compiler *c)
{
    (void)c;
}

void wisp_walk_br(wisp_compiler *c)
{
    wisp_control *target = wisp_control_at(c, wisp_walk_u32(c, "a label"));
    wisp_operands_check(c, wisp_control_label(target));
    wisp_emit_branch(c, target);
    wisp_emit_dead(c);
}

void wisp_walk_br_if(wisp_compiler *c)
{
    wisp_control *target = wisp_control_at(c, wisp_walk_u32(c, "a label"));
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
        wisp_types types = wisp_control_label(wisp_control_at(c, wisp_walk_u32(c, "a label")));
        if (i > 0 && types.count != arity)
            wisp_compile_fail(c, WISP_MISMATCH, "br_table: label %u takes %u values, others %u",
                              i, types.count, arity);
        arity = types.count;
        wisp_operands_match(c, types);
    }
    c->r = start;
}

void wisp_walk_br_table(wisp_compiler *c)
{
    uint32_t count = wisp_walk_u32(c, "a number of labels");
    if (c->status == WISP_OK && count > wisp_reader_left(&c->r))
        wisp_compile_fail(c, WISP_MALFORMED, "br_table: %u labels in %zu bytes", count,
                          wisp_reader_left(&c->r));
    if (count > WISP_BR_TABLE_MAX)
        wisp_compile_fail(c, WISP_LIMIT, "br_table: %u labels, at most %d are allowed", count,
                          WISP_BR_TABLE_MAX);
    const wisp_operand *index = wisp_operand_pop(c, WISP_I32);
    check_labels(c, count);
    if (c->status)
        return;
    uint16_t slot = wisp_emit_use(c, index);
    bool is_accumulated = wisp_emit_take(c, index, slot);
    wisp_emit_code(c, WISP_CODE_BR_TABLE + is_accumulated);
    if (!is_accumulated)
        wisp_emit(c, slot);
    wisp_emit_32(c, count);
    uint32_t table = (uint32_t)c->code_len;
    if (!wisp_emit_make_room(c, ((size_t)count + 1) * WISP_UNITS_32))
        return;
    for (uint32_t i = 0; i <= count; i++)
        wisp_emit_32(c, 0);
    for (uint32_t i = 0; i <= count; i++)
        fill_table_entry(c, table, table + i * WISP_UNITS_32,
                         wisp_control_at(c, wisp_walk_u32(c, "a label")));
    wisp_emit_dead(c);
}

void wisp_walk_return(wisp_compiler *c)
{
    wisp_operands_check(c, (wisp_types){c->type->results, c->type->result_count});
    wisp_emit_return(c);
    wisp_emit_dead(c);
}
