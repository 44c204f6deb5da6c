#include "wasm/types.h"
#include "wasm/walk.h"

/* Calls: of a function by its index, through a table and by a reference; and the same as the
 * last thing that a function does, in its place (tail calls). */

static wisp_types params_of(const wisp_functype *type)
{
    return (wisp_types){type->params, type->param_count};
}

static wisp_types results_of(const wisp_functype *type)
{
    return (wisp_types){type->results, type->result_count};
}

/* Puts the arguments where the callee wants them; returns the first one's slot. */
static uint16_t pass_arguments(wisp_compiler *c, const wisp_functype *type)
{
    wisp_types params = params_of(type);
    wisp_operands_check(c, params);
    wisp_emit_home(c, params.count);
    wisp_operands_pop(c, params);
    return wisp_operand_home(c);
}

/* Begins [code] with what all calls, or all tail calls, begin with. */
static void begin(wisp_compiler *c, uint32_t code, uint16_t arguments, const wisp_functype *type,
                  bool is_tail)
{
    wisp_emit_code(c, code);
    wisp_emit(c, arguments);
    if (is_tail) {
        wisp_emit(c, c->header);
        wisp_emit(c, (uint16_t)wisp_valtypes_slots(type->params, type->param_count));
    }
}

/* The results are those of this function in a tail call, else operands. */
static void end(wisp_compiler *c, const wisp_functype *type, bool is_tail)
{
    if (!is_tail) {
        wisp_operands_push(c, results_of(type));
        if (type->result_count == 1)
            wisp_emit_accumulated(c);
        return;
    }
    wisp_types found = results_of(type), wanted = results_of(c->type);
    bool is_good = found.count == wanted.count;
    for (uint32_t i = 0; i < found.count && is_good; i++)
        is_good = wisp_valtype_matches(found.types[i], wanted.types[i]);
    if (!is_good)
        wisp_compile_fail(c, WISP_MISMATCH,
                          "%s: type mismatch of the callee's results and the "
                          "caller's",
                          wisp_compile_text(c));
    wisp_emit_dead(c);
}

/* ------------------------------------------------------------------ by index */

static void call(wisp_compiler *c, bool is_tail)
{
    const wisp_module *m = c->module;
    uint32_t index = wisp_walk_index(c, "function", m->function_count);
    if (c->status)
        return;
    const wisp_functype *type = wisp_module_functype(m, index);
    uint16_t arguments = pass_arguments(c, type);
    if (index < m->imported_functions) {
        uint32_t code = is_tail ? WISP_CODE_RETURN_CALL_IMPORT : WISP_CODE_CALL_IMPORT;
        begin(c, code, arguments, type, is_tail);
        wisp_emit_32(c, index);
    } else {
        uint32_t code = is_tail ? WISP_CODE_RETURN_CALL : WISP_CODE_CALL;
        begin(c, code, arguments, type, is_tail);
        wisp_emit_64(c, (uintptr_t)&m->functions[index]);
    }
    end(c, type, is_tail);
}

void wisp_walk_call(wisp_compiler *c)
{
    call(c, false);
}

void wisp_walk_return_call(wisp_compiler *c)
{
    call(c, true);
}

/* ------------------------------------------------------------------ through a table */

/* Pops the index of a call; returns the slot that has it in 32 bits. */
static uint16_t pop_index(wisp_compiler *c, uint32_t table)
{
    wisp_valtype type = wisp_walk_table_index(c, table);
    const wisp_operand *index = wisp_operand_pop(c, type);
    uint16_t slot = wisp_emit_use(c, index);
    if (type == WISP_I32)
        return slot;
    wisp_emit_code(c, WISP_CODE_INDEX_32);
    wisp_emit(c, index->home);
    wisp_emit(c, slot);
    return index->home;
}

static void call_indirect(wisp_compiler *c, bool is_tail)
{
    uint32_t type_index = wisp_walk_type(c);
    uint32_t table = wisp_walk_table(c);
    wisp_valtype elements = wisp_walk_table_type(c, table);
    if (!wisp_valtype_matches(elements, WISP_FUNCREF))
        wisp_compile_fail_type(c, WISP_FUNCREF, elements);
    uint16_t slot = pop_index(c, table);
    if (c->status)
        return;
    const wisp_functype *type = &c->module->types[type_index];
    uint16_t arguments = pass_arguments(c, type);
    begin(c, c->opcode->code, arguments, type, is_tail);
    wisp_emit(c, slot);
    wisp_emit_32(c, type_index);
    wisp_emit_32(c, table);
    end(c, type, is_tail);
}

void wisp_walk_call_indirect(wisp_compiler *c)
{
    call_indirect(c, false);
}

void wisp_walk_return_call_indirect(wisp_compiler *c)
{
    call_indirect(c, true);
}

/* ------------------------------------------------------------------ by reference */

static void call_ref(wisp_compiler *c, bool is_tail)
{
    uint32_t type_index = wisp_walk_type(c);
    const wisp_operand *ref = wisp_operand_pop(c, wisp_typed_funcref(type_index));
    if (c->status)
        return;
    const wisp_functype *type = &c->module->types[type_index];
    uint16_t slot = wisp_emit_use(c, ref);
    uint16_t arguments = pass_arguments(c, type);
    begin(c, c->opcode->code, arguments, type, is_tail);
    wisp_emit(c, slot);
    end(c, type, is_tail);
}

void wisp_walk_call_ref(wisp_compiler *c)
{
    call_ref(c, false);
}

void wisp_walk_return_call_ref(wisp_compiler *c)
{
    call_ref(c, true);
}
