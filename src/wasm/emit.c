#include <string.h>

#include "wasm/bits.h"
#include "wasm/compiler.h"
#include "wasm/types.h"

/* ------------------------------------------------------------------ units */

void wisp_emit(wisp_compiler *c, uint16_t unit)
{
    if (c->is_dead || c->status)
        return;
    if (c->code_len == c->code_max) {
        wisp_compile_fail(c, WISP_LIMIT, "more than %zu units of code", c->code_max);
        return;
    }
    if (!wisp_array_reserve(c->allocator, &c->code, &c->code_capacity, c->code_len + 1,
                            sizeof *c->code)) {
        wisp_compile_fail(c, WISP_NO_MEMORY, "out of memory for %zu units of code",
                          c->code_len + 1);
        return;
    }
    c->code[c->code_len++] = unit;
}

void wisp_emit_32(wisp_compiler *c, uint32_t value)
{
    wisp_emit_bytes(c, &value, sizeof value);
}

void wisp_emit_64(wisp_compiler *c, uint64_t value)
{
    wisp_emit_bytes(c, &value, sizeof value);
}

void wisp_emit_bytes(wisp_compiler *c, const void *bytes, size_t size)
{
    uint16_t unit;
    for (size_t i = 0; i < size; i += sizeof unit) {
        memcpy(&unit, (const uint8_t *)bytes + i, sizeof unit);
        wisp_emit(c, unit);
    }
}

void wisp_emit_code(wisp_compiler *c, uint32_t code)
{
    if (c->code_len <= c->locate && !c->is_dead)
        c->located = c->offset;
    uint16_t head[WISP_UNITS_HEAD];
    wisp_code_head((wisp_code)code, head);
    for (int i = 0; i < WISP_UNITS_HEAD; i++)
        wisp_emit(c, head[i]);
}

void wisp_emit_producer(wisp_compiler *c, uint32_t code)
{
    c->last_start = (uint32_t)c->code_len;
    c->last_code = code;
    wisp_emit_code(c, code);
    wisp_emit(c, wisp_operand_home(c));
}

void wisp_emit_result(wisp_compiler *c, wisp_valtype type)
{
    wisp_operand_push(c, type);
    c->last_end = (uint32_t)c->code_len;
    c->last_height = c->height;
}

static bool last_gave_top(const wisp_compiler *c)
{
    return !c->is_dead && !c->status && c->last_end == c->code_len && c->last_end != 0 &&
           c->last_height == c->height && c->height > 0 &&
           c->operands[c->height - 1].kind == WISP_OPERAND_HOME;
}

bool wisp_emit_can_retarget(const wisp_compiler *c)
{
    return last_gave_top(c);
}

void wisp_emit_retarget(wisp_compiler *c, uint16_t slot)
{
    c->code[c->last_start + WISP_UNITS_HEAD] = slot;
    c->last_end = 0;
}

/* ------------------------------------------------------------------ moving operands */

static void emit_copy(wisp_compiler *c, wisp_valtype type, uint16_t to, uint16_t from)
{
    if (to == from)
        return;
    wisp_emit_code(c, WISP_CODE_COPY_32 + wisp_valtype_width(type));
    wisp_emit(c, to);
    wisp_emit(c, from);
}

static void emit_constant(wisp_compiler *c, wisp_valtype type, uint16_t to, uint64_t bits)
{
    bool is_64 = wisp_valtype_width(type) != 0;
    wisp_emit_code(c, is_64 ? WISP_CODE_CONST_64 : WISP_CODE_CONST_32);
    wisp_emit(c, to);
    if (is_64)
        wisp_emit_64(c, bits);
    else
        wisp_emit_32(c, (uint32_t)bits);
}

void wisp_emit_move(wisp_compiler *c, uint16_t slot, const wisp_operand *operand)
{
    if (operand->kind == WISP_OPERAND_CONSTANT)
        emit_constant(c, operand->type, slot, operand->bits);
    else
        emit_copy(c, operand->type, slot, wisp_emit_use(c, operand));
}

uint16_t wisp_emit_use(wisp_compiler *c, const wisp_operand *operand)
{
    if (operand->kind == WISP_OPERAND_LOCAL)
        return c->locals[operand->local].slot;
    if (operand->kind == WISP_OPERAND_CONSTANT)
        emit_constant(c, operand->type, operand->home, operand->bits);
    return operand->home;
}

/* Moves one operand of the stack home; its local must forget it. */
static void move_home(wisp_compiler *c, wisp_operand *operand)
{
    wisp_emit_move(c, operand->home, operand);
    operand->kind = WISP_OPERAND_HOME;
}

void wisp_emit_flush_local(wisp_compiler *c, uint32_t local)
{
    for (uint32_t ref = c->locals[local].refs; ref != 0;) {
        wisp_operand *operand = &c->operands[ref - 1];
        ref = operand->next_ref;
        move_home(c, operand);
    }
    c->locals[local].refs = 0;
}

void wisp_emit_flush(wisp_compiler *c)
{
    for (size_t i = c->moved; i < c->height; i++)
        if (c->operands[i].kind == WISP_OPERAND_LOCAL)
            wisp_emit_flush_local(c, c->operands[i].local);
    c->moved = c->height;
}

void wisp_emit_home(wisp_compiler *c, size_t count)
{
    if (count > c->height)
        count = c->height;
    for (size_t i = c->height - count; i < c->height; i++) {
        wisp_operand *operand = &c->operands[i];
        if (operand->kind == WISP_OPERAND_CONSTANT)
            move_home(c, operand);
        else if (operand->kind == WISP_OPERAND_LOCAL)
            wisp_emit_flush_local(c, operand->local);
    }
}

/* ------------------------------------------------------------------ conditions and jumps */

static bool is_comparison(uint32_t code, bool *has_immediate)
{
    if (code < WISP_CODE_I32_EQ_RR || code > WISP_CODE_I64_LE_U_LOOP_RI)
        return false;
    unsigned form = (code - WISP_CODE_I32_EQ_RR) % WISP_FORM_COUNT;
    *has_immediate = form == WISP_FORM_RI;
    return form <= WISP_FORM_RI;
}

wisp_condition wisp_emit_condition(wisp_compiler *c)
{
    wisp_condition condition = {0};
    bool has_immediate = false;
    bool fuse = last_gave_top(c) && is_comparison(c->last_code, &has_immediate);
    wisp_operand operand = wisp_operand_pop(c, WISP_I32);
    if (!fuse) {
        condition.slot = wisp_emit_use(c, &operand);
        return condition;
    }
    condition.is_comparison = true;
    condition.code = c->last_code;
    memcpy(condition.units, &c->code[c->last_start + WISP_UNITS_HEAD + 1], has_immediate ? 6 : 4);
    c->code_len = c->last_start;
    c->last_end = 0;
    return condition;
}

/* The comparison that holds where [code], of form RR or RI, does not. */
static uint32_t negated(uint32_t code)
{
    uint32_t index = code - WISP_CODE_I32_EQ_RR;
    uint32_t group = index / WISP_FORM_COUNT ^ 1;
    return WISP_CODE_I32_EQ_RR + group * WISP_FORM_COUNT + index % WISP_FORM_COUNT;
}

bool wisp_emit_negate(wisp_compiler *c)
{
    bool has_immediate;
    if (!last_gave_top(c) || !is_comparison(c->last_code, &has_immediate))
        return false;
    c->last_code = negated(c->last_code);
    wisp_code_head((wisp_code)c->last_code, &c->code[c->last_start]);
    return true;
}

/* Emits a conditional jump without its target. */
static void emit_test(wisp_compiler *c, const wisp_condition *condition, bool sense, bool back)
{
    if (!condition) {
        wisp_emit_code(c, back ? WISP_CODE_LOOP : WISP_CODE_BR);
    } else if (!condition->is_comparison) {
        uint32_t code = sense ? WISP_CODE_BR_NZ : WISP_CODE_BR_Z;
        wisp_emit_code(c, back ? code + (WISP_CODE_LOOP_NZ - WISP_CODE_BR_NZ) : code);
        wisp_emit(c, condition->slot);
    } else {
        uint32_t code = sense ? condition->code : negated(condition->code);
        bool has_immediate = (code - WISP_CODE_I32_EQ_RR) % WISP_FORM_COUNT == WISP_FORM_RI;
        wisp_emit_code(c, code + (back ? WISP_FORM_LOOP_RR : WISP_FORM_BR_RR));
        for (int i = 0; i < (has_immediate ? 3 : 2); i++)
            wisp_emit(c, condition->units[i]);
    }
}

/* Emits a jump's target, or a weight, that is known later: a link to the one before it. */
static uint32_t emit_link(wisp_compiler *c, uint32_t chain)
{
    if (c->is_dead || c->status)
        return chain;
    uint32_t unit = (uint32_t)c->code_len;
    wisp_emit_32(c, chain);
    return unit + 1;
}

static void patch(wisp_compiler *c, uint32_t unit, uint32_t value)
{
    if (c->status == WISP_OK)
        memcpy(&c->code[unit], &value, sizeof value);
}

void wisp_emit_jump(wisp_compiler *c, wisp_control *target, const wisp_condition *condition,
                    bool sense)
{
    bool back = target->opcode == WISP_OPCODE_LOOP;
    emit_test(c, condition, sense, back);
    if (back) {
        wisp_emit_32(c, target->start - (uint32_t)c->code_len);
        target->weights = emit_link(c, target->weights);
    } else {
        target->jumps = emit_link(c, target->jumps);
    }
}

uint32_t wisp_emit_forward(wisp_compiler *c, const wisp_condition *condition, bool sense)
{
    emit_test(c, condition, sense, false);
    return emit_link(c, 0);
}

uint32_t wisp_emit_forward_null(wisp_compiler *c, uint16_t slot, bool is_null)
{
    wisp_emit_code(c, is_null ? WISP_CODE_BR_NULL : WISP_CODE_BR_NON_NULL);
    wisp_emit(c, slot);
    return emit_link(c, 0);
}

void wisp_emit_patch(wisp_compiler *c, uint32_t unit)
{
    if (unit == 0)
        return;
    patch(c, unit - 1, (uint32_t)c->code_len - (unit - 1));
    c->last_end = 0;
}

void wisp_emit_label(wisp_compiler *c, wisp_control *control)
{
    uint32_t link = control->jumps;
    while (link != 0 && c->status == WISP_OK) {
        uint32_t next = wisp_unit32(&c->code[link - 1]);
        wisp_emit_patch(c, link);
        link = next;
    }
}

void wisp_emit_weights(wisp_compiler *c, wisp_control *control)
{
    uint32_t weight = 1 + (c->instructions - control->instructions) / 16;
    uint32_t link = control->weights;
    while (link != 0 && c->status == WISP_OK) {
        uint32_t next = wisp_unit32(&c->code[link - 1]);
        patch(c, link - 1, weight);
        link = next;
    }
}

/* ------------------------------------------------------------------ branches */

bool wisp_emit_must_move(wisp_compiler *c, const wisp_control *target)
{
    wisp_types types = wisp_control_label(target);
    if (c->is_dead || c->status)
        return false;
    uint32_t home = target->home;
    for (uint32_t i = 0; i < types.count; i++) {
        const wisp_operand *operand = wisp_operand_top(c, types.count - i);
        if (operand->kind != WISP_OPERAND_HOME || operand->home != home)
            return true;
        home += wisp_valtype_slots(types.types[i]);
    }
    return false;
}

/* Upwards, so that no operand is overwritten before it is moved: homes only get lower. */
void wisp_emit_branch_moves(wisp_compiler *c, const wisp_control *target)
{
    if (c->is_dead || c->status)
        return;
    wisp_types types = wisp_control_label(target);
    uint32_t home = target->home;
    for (uint32_t i = 0; i < types.count; i++) {
        wisp_emit_move(c, (uint16_t)home, wisp_operand_top(c, types.count - i));
        home += wisp_valtype_slots(types.types[i]);
    }
}

void wisp_emit_branch(wisp_compiler *c, wisp_control *target)
{
    if (c->is_dead || c->status)
        return;
    if (target->is_function) {
        wisp_emit_return(c);
        return;
    }
    wisp_emit_branch_moves(c, target);
    wisp_emit_jump(c, target, NULL, true);
}

/* Results go to the first slots, where parameters may still be wanted: those are moved out
 * of the way first. */
static void emit_return_moves(wisp_compiler *c, wisp_types types)
{
    for (uint32_t i = 0; i < types.count; i++) {
        const wisp_operand *operand = wisp_operand_top(c, types.count - i);
        if (operand->kind == WISP_OPERAND_LOCAL && c->locals[operand->local].slot < c->header)
            wisp_emit_move(c, operand->home, operand);
    }
    uint32_t slot = 0;
    for (uint32_t i = 0; i < types.count; i++) {
        wisp_operand operand = *wisp_operand_top(c, types.count - i);
        if (operand.kind == WISP_OPERAND_LOCAL && c->locals[operand.local].slot < c->header)
            operand.kind = WISP_OPERAND_HOME;
        wisp_emit_move(c, (uint16_t)slot, &operand);
        slot += wisp_valtype_slots(types.types[i]);
    }
}

void wisp_emit_return(wisp_compiler *c)
{
    if (c->is_dead || c->status)
        return;
    wisp_types types = {c->type->results, c->type->result_count};
    if (types.count == 1 && types.types[0] != WISP_V128) {
        const wisp_operand *operand = wisp_operand_top(c, 1);
        uint16_t slot = wisp_emit_use(c, operand);
        wisp_emit_code(c, WISP_CODE_RETURN_32 + wisp_valtype_width(operand->type));
        wisp_emit(c, c->header);
        wisp_emit(c, slot);
        return;
    }
    emit_return_moves(c, types);
    wisp_emit_code(c, WISP_CODE_RETURN);
    wisp_emit(c, c->header);
}

void wisp_emit_dead(wisp_compiler *c)
{
    wisp_operands_drop(c);
    c->controls[c->depth - 1].is_polymorphic = true;
    c->is_dead = true;
}
