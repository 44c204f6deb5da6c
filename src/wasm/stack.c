#include <stdarg.h>
#include <stdio.h>

#include "wasm/compiler.h"
#include "wasm/types.h"

/* For callers that are not faster with them in place (builds for size). */
extern inline wisp_operand *wisp_operand_top(const wisp_compiler *c, size_t count);
extern inline wisp_operand *wisp_operand_add(wisp_compiler *c, wisp_valtype type,
                                             wisp_operand_kind kind);
extern inline const wisp_operand *wisp_operand_pop(wisp_compiler *c, wisp_valtype type);
extern inline const wisp_operand *wisp_operand_pop_sum(wisp_compiler *c, wisp_valtype type);
extern inline void wisp_operand_push(wisp_compiler *c, wisp_valtype type);
extern inline void wisp_operands_pop(wisp_compiler *c, wisp_types types);
extern inline void wisp_operands_push(wisp_compiler *c, wisp_types types);
extern inline void wisp_operands_check(wisp_compiler *c, wisp_types types);
extern inline wisp_types wisp_control_results(const wisp_control *control);

void(wisp_compile_fail)(wisp_compiler *c, wisp_status status, const char *format, ...)
{
    if (c->status)
        return;
    char text[WISP_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    c->code_room = 0;
    uint32_t offset = wisp_compile_offset(c);
    c->status = wisp_fail_at(c->err, status, offset, "function %u at byte %u: %s", c->function,
                             offset, text);
}

void wisp_compile_fail_silent(wisp_compiler *c, wisp_status status)
{
    if (c->status)
        return;
    c->code_room = 0;
    c->status = wisp_fail_silent(c->err, status, wisp_compile_offset(c));
}

const char *wisp_compile_text(wisp_compiler *c)
{
    uint32_t number = 0;
    wisp_reader r = {.at = c->start + 1, .end = c->r.end};
    if (c->text)
        return c->text;
    if (wisp_instruction_is_prefix(*c->start))
        wisp_read_leb_u32(&r, &number);
    return wisp_instruction_name(*c->start, number, c->name);
}

void wisp_compile_fail_type(wisp_compiler *c, wisp_valtype wanted, wisp_valtype found)
{
    char a[WISP_VALTYPE_TEXT_MAX], b[WISP_VALTYPE_TEXT_MAX];
    wisp_compile_fail(c, WISP_MISMATCH, "%s expects %s, found %s", wisp_compile_text(c),
                      wisp_valtype_print(wanted, a), wisp_valtype_print(found, b));
}

WISP_COLD static void fail_empty(wisp_compiler *c, wisp_valtype wanted)
{
    char text[WISP_VALTYPE_TEXT_MAX];
    wisp_compile_fail(c, WISP_MISMATCH, "%s expects %s, found an empty stack",
                      wisp_compile_text(c),
                      wanted ? wisp_valtype_print(wanted, text) : "an operand");
}

/* ------------------------------------------------------------------ control */

static wisp_control *current(const wisp_compiler *c)
{
    return &c->controls[c->depth - 1];
}

wisp_control *wisp_control_at(wisp_compiler *c, uint32_t depth)
{
    if (depth >= c->depth) {
        wisp_compile_fail(c, WISP_MISMATCH, "unknown label %u, expected less than %zu", depth,
                          c->depth);
        depth = 0;
    }
    return &c->controls[c->depth - 1 - depth];
}

wisp_types wisp_control_params(const wisp_control *control)
{
    if (control->type && !control->is_function)
        return (wisp_types){control->type->params, control->type->param_count};
    return (wisp_types){NULL, 0};
}

wisp_types wisp_control_label(const wisp_control *control)
{
    return control->opcode == WISP_OPCODE_LOOP ? wisp_control_params(control)
                                               : wisp_control_results(control);
}

WISP_APART static bool make_control_room(wisp_compiler *c)
{
    if (wisp_array_reserve(c->allocator, &c->controls, &c->control_capacity, c->depth + 1,
                           sizeof *c->controls))
        return true;
    wisp_compile_fail(c, WISP_NO_MEMORY, "out of memory for %zu blocks", c->depth + 1);
    return false;
}

void wisp_control_push(wisp_compiler *c, uint8_t opcode, const wisp_functype *type,
                       wisp_valtype single)
{
    if (c->depth == WISP_NESTING_MAX)
        wisp_compile_fail(c, WISP_LIMIT, "blocks nested deeper than %d", WISP_NESTING_MAX);
    if (c->status || (c->depth == c->control_capacity && !make_control_room(c)))
        return;
    c->controls[c->depth] = (wisp_control){
        .opcode = opcode,
        .single = single,
        .type = type,
        .is_function = c->depth == 0,
        .was_dead = c->is_dead,
        .height = (uint32_t)c->height,
        .home = wisp_operand_home(c),
        .start = (uint32_t)c->code_len,
        .set_len = (uint32_t)c->set_len,
        .instructions = c->instructions,
    };
    c->depth++;
    c->floor = c->height;
    c->last_end = 0;
    if (opcode == WISP_OPCODE_LOOP)
        wisp_emit_forget(c);
    wisp_operands_push(c, wisp_control_params(current(c)));
}

/* ------------------------------------------------------------------ locals */

void wisp_local_set(wisp_compiler *c, uint32_t local)
{
    if (!wisp_array_reserve(c->allocator, &c->set_locals, &c->set_capacity, c->set_len + 1,
                            sizeof *c->set_locals)) {
        wisp_compile_fail(c, WISP_NO_MEMORY, "out of memory for %zu locals", c->set_len + 1);
        return;
    }
    c->set_locals[c->set_len++] = local;
    c->locals[local].is_unset = false;
}

void wisp_local_read_unset(wisp_compiler *c, uint32_t index)
{
    wisp_local *local = &c->locals[index];
    if (wisp_valtype_is_ref(local->type) && !wisp_valtype_has_null(local->type))
        wisp_compile_fail(c, WISP_MISMATCH, "local.get: uninitialized local %u", index);
    uint32_t end = local->slot + wisp_valtype_slots(local->type);
    if (c->clear_from > local->slot)
        c->clear_from = local->slot;
    if (c->clear_to < end)
        c->clear_to = end;
    local->is_unset = false;
}

void wisp_locals_unset(wisp_compiler *c, const wisp_control *control)
{
    while (c->set_len > control->set_len)
        c->locals[c->set_locals[--c->set_len]].is_unset = true;
}

/* ------------------------------------------------------------------ operands */

const wisp_operand *wisp_operand_pop_nothing(wisp_compiler *c, wisp_valtype type)
{
    static const wisp_operand unknown;
    if (!current(c)->is_polymorphic)
        fail_empty(c, type);
    return &unknown;
}

const wisp_operand *wisp_operand_match(wisp_compiler *c, const wisp_operand *operand,
                                       wisp_valtype type)
{
    if (!wisp_valtype_matches(operand->type, type))
        wisp_compile_fail_type(c, type, operand->type);
    return operand;
}

const wisp_operand *wisp_operand_add_up(wisp_compiler *c, wisp_valtype type)
{
    wisp_emit_top_sum(c);
    return wisp_operand_pop_sum(c, type);
}

void wisp_operands_pop_all(wisp_compiler *c, wisp_types types)
{
    for (uint32_t i = types.count; i-- > 0;)
        wisp_operand_pop(c, types.types[i]);
}

void wisp_operands_drop(wisp_compiler *c)
{
    while (c->height > c->floor)
        wisp_operand_pop_sum(c, 0);
}

bool wisp_operands_make_room(wisp_compiler *c, uint32_t count)
{
    enum { OPERANDS_ROOM = 4 };
    size_t slots = (size_t)c->top + count;
    if (slots > WISP_FRAME_SLOTS_MAX)
        wisp_compile_fail(c, WISP_LIMIT, "a frame of more than %d slots", WISP_FRAME_SLOTS_MAX);
    else if (!wisp_array_reserve(c->allocator, &c->operands, &c->operand_capacity,
                                 slots - c->operands_slot + OPERANDS_ROOM, sizeof *c->operands))
        wisp_compile_fail(c, WISP_NO_MEMORY, "out of memory for %zu operands", c->height + count);
    if (c->status)
        return false;
    size_t room = c->operands_slot + c->operand_capacity - OPERANDS_ROOM;
    c->slots_room = room < WISP_FRAME_SLOTS_MAX ? (uint32_t)room : WISP_FRAME_SLOTS_MAX;
    return true;
}

void wisp_operands_push_all(wisp_compiler *c, wisp_types types)
{
    if (c->top + types.count * WISP_SLOTS_V128 > c->slots_room &&
        !wisp_operands_make_room(c, wisp_valtypes_slots(types.types, types.count)))
        return;
    for (uint32_t i = 0; i < types.count; i++)
        wisp_operand_push(c, types.types[i]);
}

void wisp_operand_push_constant(wisp_compiler *c, wisp_valtype type, uint64_t bits)
{
    wisp_operand_add(c, type, WISP_OPERAND_CONSTANT)->bits = bits;
}

void wisp_operand_push_sum(wisp_compiler *c, uint32_t local, uint32_t addend)
{
    wisp_local *l = &c->locals[local];
    wisp_operand *operand = wisp_operand_add(c, l->type, WISP_OPERAND_LOCAL);
    operand->local = (uint16_t)local;
    operand->next_ref = l->refs;
    operand->addend = addend;
    l->refs = (uint16_t)c->height;
    if (c->moved >= c->height)
        c->moved = c->height - 1;
}

void wisp_operand_push_local(wisp_compiler *c, uint32_t local)
{
    wisp_operand_push_sum(c, local, 0);
}

void wisp_operands_match(wisp_compiler *c, wisp_types types)
{
    size_t count = c->height - c->floor;
    for (uint32_t i = 0; i < types.count; i++) {
        wisp_valtype wanted = types.types[types.count - 1 - i], found = 0;
        if (i < count)
            found = wisp_operand_top(c, i + 1)->type;
        else if (!current(c)->is_polymorphic)
            fail_empty(c, wanted);
        if (found != wanted && !wisp_valtype_matches(found, wanted))
            wisp_compile_fail_type(c, wanted, found);
    }
}

void wisp_operands_check_all(wisp_compiler *c, wisp_types types)
{
    wisp_operands_match(c, types);
    if (c->height - c->floor < types.count) {
        wisp_operands_drop(c);
        wisp_operands_push(c, types);
    }
    for (uint32_t i = 0; i < types.count && c->status == WISP_OK; i++)
        wisp_operand_top(c, types.count - i)->type = types.types[i];
}
