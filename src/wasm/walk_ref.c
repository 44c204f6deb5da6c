#include "wasm/types.h"
#include "wasm/walk.h"

/* References: made, tested, and branches on whether they are null. */

void wisp_walk_ref_null(wisp_compiler *c)
{
    wisp_valtype type = wisp_walk_heaptype(c);
    wisp_operand_push_constant(c, type, 0);
}

/* Pops any reference; in unreachable code it may be of unknown type. */
static wisp_operand pop_reference(wisp_compiler *c)
{
    wisp_operand ref = *wisp_operand_pop(c, 0);
    if (ref.type == 0)
        ref.type = WISP_ANY_REF;
    if (!wisp_valtype_is_ref(ref.type))
        wisp_compile_fail(c, WISP_MISMATCH, "%s expects a reference, found %s",
                          wisp_compile_text(c), wisp_valtype_name(ref.type));
    return ref;
}

void wisp_walk_ref_is_null(wisp_compiler *c)
{
    wisp_operand ref = pop_reference(c);
    uint16_t slot = wisp_emit_use(c, &ref);
    wisp_emit_producer(c, WISP_CODE_REF_IS_NULL);
    wisp_emit(c, slot);
    wisp_emit_result(c, WISP_I32);
}

void wisp_walk_ref_func(wisp_compiler *c)
{
    uint32_t index = wisp_walk_index(c, "function", c->module->function_count);
    if (c->status == WISP_OK && !c->module->functions[index].is_declared)
        wisp_compile_fail(c, WISP_MISMATCH, "ref.func: undeclared function reference %u", index);
    if (c->status)
        return;
    wisp_emit_producer(c, WISP_CODE_REF_FUNC);
    wisp_emit_32(c, index);
    wisp_emit_result(c, wisp_typed_funcref(c->module->function_types[index]) | WISP_NON_NULL);
}

/* Pushes [ref], which has just been popped and used, again: it is not null. */
static void push_again(wisp_compiler *c, const wisp_operand *ref)
{
    wisp_valtype type = ref->type | WISP_NON_NULL;
    if (ref->kind == WISP_OPERAND_LOCAL)
        wisp_operand_push_local(c, ref->local);
    else
        wisp_operand_push(c, type);
    if (c->status == WISP_OK)
        wisp_operand_top(c, 1)->type = type;
}

void wisp_walk_ref_as_non_null(wisp_compiler *c)
{
    wisp_operand ref = pop_reference(c);
    uint16_t slot = wisp_emit_use(c, &ref);
    wisp_emit_code(c, WISP_CODE_CHECK_NULL);
    wisp_emit(c, slot);
    push_again(c, &ref);
}

void wisp_walk_br_on_null(wisp_compiler *c)
{
    wisp_control *target = wisp_control_at(c, wisp_walk_u32(c, "a label"));
    wisp_operand ref = pop_reference(c);
    uint16_t slot = wisp_emit_use(c, &ref);
    uint32_t over = wisp_emit_forward_null(c, slot, false);
    wisp_operands_check(c, wisp_control_label(target));
    wisp_emit_branch(c, target);
    wisp_emit_patch(c, over);
    push_again(c, &ref);
}

void wisp_walk_br_on_non_null(wisp_compiler *c)
{
    wisp_control *target = wisp_control_at(c, wisp_walk_u32(c, "a label"));
    wisp_types label = wisp_control_label(target);
    if (label.count == 0 || !wisp_valtype_is_ref(label.types[label.count - 1])) {
        wisp_compile_fail(c, WISP_MISMATCH,
                          "br_on_non_null: type mismatch, expected a label whose "
                          "last type is a reference");
        return;
    }
    wisp_operand ref = pop_reference(c);
    uint16_t slot = wisp_emit_use(c, &ref);
    uint32_t over = wisp_emit_forward_null(c, slot, true);
    push_again(c, &ref);
    wisp_operands_check(c, label);
    wisp_emit_branch(c, target);
    wisp_emit_patch(c, over);
    wisp_operand_pop(c, 0);
}
