#include "wasm/types.h"
#include "wasm/walk.h"

/*
 * Exceptions: thrown, and caught by handlers (module.h), which go into the function's list when
 * the code that they cover is complete, inner ones so before outer ones. Nothing is emitted
 * where a block with handlers begins.
 *
 * The blocks of try_table land at a label. Those of the legacy instructions (try, catch,
 * catch_all, delegate, rethrow) go on in the catch clause, which has the exception in a slot
 * below its operands, so that it can throw it again.
 */

static wisp_control *current(const wisp_compiler *c)
{
    return &c->controls[c->depth - 1];
}

static wisp_types params_of_tag(const wisp_compiler *c, uint32_t tag)
{
    const wisp_functype *type = &c->module->types[c->module->tags[tag]];
    return (wisp_types){type->params, type->param_count};
}

static uint32_t read_tag(wisp_compiler *c)
{
    return wisp_walk_index(c, "tag", c->module->tag_count);
}

/* ------------------------------------------------------------------ throwing */

void wisp_walk_throw(wisp_compiler *c)
{
    uint32_t tag = read_tag(c);
    if (c->status)
        return;
    wisp_types params = params_of_tag(c, tag);
    wisp_operands_check(c, params);
    wisp_emit_home(c, params.count);
    wisp_operands_pop(c, params);
    uint16_t arguments = wisp_operand_home(c);
    wisp_emit_code(c, WISP_CODE_THROW);
    wisp_emit(c, arguments);
    wisp_emit_32(c, tag);
    wisp_emit_dead(c);
}

static void emit_throw_ref(wisp_compiler *c, uint16_t slot)
{
    wisp_emit_code(c, WISP_CODE_THROW_REF);
    wisp_emit(c, slot);
    wisp_emit_dead(c);
}

void wisp_walk_throw_ref(wisp_compiler *c)
{
    const wisp_operand *ref = wisp_operand_pop(c, WISP_EXNREF);
    emit_throw_ref(c, wisp_emit_use(c, ref));
}

/* ------------------------------------------------------------------ handlers */

static void push_handler(wisp_compiler *c, wisp_handler_list *list, const wisp_handler *handler)
{
    if (wisp_array_reserve(c->allocator, &list->items, &list->capacity, list->len + 1,
                           sizeof *list->items))
        list->items[list->len++] = *handler;
    else
        wisp_compile_fail(c, WISP_NO_MEMORY, "out of memory for %zu handlers", list->len + 1);
}

void wisp_handlers_land(wisp_compiler *c, wisp_control *control)
{
    for (uint32_t link = control->catches; link != 0;) {
        wisp_handler *handler = &c->handlers.items[link - 1];
        link = handler->target;
        handler->target = (uint32_t)c->code_len;
        c->last_end = 0;
        wisp_emit_forget(c);
    }
    control->catches = 0;
}

/* ------------------------------------------------------------------ try_table */

/* Checks that the label of a clause takes what the clause gives. */
static void check_clause(wisp_compiler *c, const wisp_handler *clause, wisp_types label)
{
    wisp_types params = {NULL, 0};
    if (clause->kind == WISP_HANDLER_TAG)
        params = params_of_tag(c, clause->tag);
    bool has_ref = clause->ref_slot != WISP_NO_SLOT;
    bool is_good = label.count == params.count + has_ref;
    for (uint32_t i = 0; i < params.count && is_good; i++)
        is_good = wisp_valtype_matches(params.types[i], label.types[i]);
    if (is_good && has_ref)
        is_good = wisp_valtype_matches(WISP_EXNREF | WISP_NON_NULL, label.types[label.count - 1]);
    if (!is_good)
        wisp_compile_fail(c, WISP_MISMATCH,
                          "try_table: type mismatch of what a clause catches and its label");
}

/* Reads a clause (Spec 5.4.1); as [target] it has the place of its label's block, until the
 * block that it is of ends. */
static void read_clause(wisp_compiler *c)
{
    enum { CATCH, CATCH_REF, CATCH_ALL, CATCH_ALL_REF };
    uint8_t kind = wisp_walk_byte(c, "a catch clause");
    if (kind > CATCH_ALL_REF)
        wisp_compile_fail(c, WISP_MALFORMED, "try_table: malformed catch clause 0x%02x", kind);
    bool is_all = kind == CATCH_ALL || kind == CATCH_ALL_REF;
    bool has_ref = kind == CATCH_REF || kind == CATCH_ALL_REF;
    uint32_t tag = is_all ? 0 : read_tag(c);
    wisp_control *target = wisp_control_at(c, wisp_walk_u32(c, "a label"));
    wisp_handler clause = {
        .kind = is_all ? WISP_HANDLER_ALL : WISP_HANDLER_TAG,
        .tag = tag,
        .target = (uint32_t)(target - c->controls),
        .ref_slot = has_ref ? 0 : WISP_NO_SLOT,
    };
    if (c->status)
        return;
    check_clause(c, &clause, wisp_control_label(target));
    push_handler(c, &c->clauses, &clause);
}

void wisp_walk_try_table(wisp_compiler *c)
{
    wisp_valtype single;
    const wisp_functype *type = wisp_walk_blocktype(c, &single);
    uint32_t first = (uint32_t)c->clauses.len;
    uint32_t count = wisp_walk_u32(c, "a number of catch clauses");
    for (uint32_t i = 0; i < count && c->status == WISP_OK; i++)
        read_clause(c);
    wisp_walk_enter(c, type);
    wisp_control_push(c, WISP_OPCODE_TRY_TABLE, type, single);
    if (c->status == WISP_OK)
        current(c)->first_clause = first;
}

/* Makes a clause of [block], which is complete, a handler. */
static void finish_clause(wisp_compiler *c, const wisp_control *block, wisp_handler handler)
{
    wisp_control *target = &c->controls[handler.target];
    handler.start = block->start;
    handler.end = (uint32_t)c->code_len;
    handler.depth = (uint16_t)(c->depth - 1);
    handler.slot = target->is_function ? 0 : target->home;
    if (handler.ref_slot != WISP_NO_SLOT) {
        wisp_types label = wisp_control_label(target);
        uint32_t values = wisp_valtypes_slots(label.types, label.count - 1);
        handler.ref_slot = (uint16_t)(handler.slot + values);
    }
    bool is_loop = target->opcode == WISP_OPCODE_LOOP;
    handler.target = is_loop ? target->start : target->catches;
    push_handler(c, &c->handlers, &handler);
    if (!is_loop)
        target->catches = (uint32_t)c->handlers.len;
}

void wisp_walk_try_table_end(wisp_compiler *c)
{
    const wisp_control *block = current(c);
    bool is_covering = block->start != c->code_len && !block->was_dead;
    for (size_t i = block->first_clause; i < c->clauses.len && is_covering && !c->status; i++)
        finish_clause(c, block, c->clauses.items[i]);
    c->clauses.len = block->first_clause;
    c->last_end = 0;
}

/* ------------------------------------------------------------------ legacy: try */

void wisp_walk_try(wisp_compiler *c)
{
    wisp_valtype single;
    const wisp_functype *type = wisp_walk_blocktype(c, &single);
    wisp_walk_enter(c, type);
    wisp_control_push(c, WISP_OPCODE_TRY, type, single);
}

static bool is_catch(const wisp_control *block)
{
    return block->opcode == WISP_OPCODE_CATCH || block->opcode == WISP_OPCODE_CATCH_ALL;
}

/* Ends the clause, or the body, before. */
static void leave_clause(wisp_compiler *c, wisp_control *block)
{
    wisp_walk_check_results(c);
    wisp_emit_branch(c, block);
    wisp_operands_drop(c);
    wisp_locals_unset(c, block);
    if (block->opcode == WISP_OPCODE_TRY) {
        block->body_end = (uint32_t)c->code_len;
        wisp_operand_push(c, WISP_EXNREF);
        c->floor = ++block->height;
    }
    block->is_polymorphic = false;
    c->is_dead = block->was_dead;
    c->last_end = 0;
    wisp_emit_forget(c);
}

static void begin_clause(wisp_compiler *c, wisp_handler_kind kind, uint32_t tag)
{
    wisp_control *block = current(c);
    if (block->opcode != WISP_OPCODE_TRY && block->opcode != WISP_OPCODE_CATCH) {
        wisp_compile_fail(c, WISP_MALFORMED, "%s outside of a try", wisp_compile_text(c));
        return;
    }
    leave_clause(c, block);
    block->opcode = kind == WISP_HANDLER_ALL ? WISP_OPCODE_CATCH_ALL : WISP_OPCODE_CATCH;
    wisp_handler handler = {
        .start = block->start,
        .end = block->body_end,
        .target = (uint32_t)c->code_len,
        .kind = kind,
        .tag = tag,
        .depth = (uint16_t)(c->depth - 1),
        .slot = wisp_operand_home(c),
        .ref_slot = block->home,
    };
    if (handler.start != handler.end && !block->was_dead)
        push_handler(c, &c->handlers, &handler);
    if (kind == WISP_HANDLER_TAG)
        wisp_operands_push(c, params_of_tag(c, tag));
}

void wisp_walk_catch(wisp_compiler *c)
{
    uint32_t tag = read_tag(c);
    if (c->status == WISP_OK)
        begin_clause(c, WISP_HANDLER_TAG, tag);
}

void wisp_walk_catch_all(wisp_compiler *c)
{
    begin_clause(c, WISP_HANDLER_ALL, 0);
}

void wisp_walk_rethrow(wisp_compiler *c)
{
    const wisp_control *block = wisp_control_at(c, wisp_walk_u32(c, "a label"));
    if (c->status == WISP_OK && !is_catch(block))
        wisp_compile_fail(c, WISP_MISMATCH,
                          "rethrow: invalid rethrow label, expected that of a catch clause");
    emit_throw_ref(c, block->home);
}

/* The exceptions of a body go to the handlers around another block. */
void wisp_walk_delegate(wisp_compiler *c)
{
    const wisp_control *block = current(c);
    uint32_t label = wisp_walk_u32(c, "a label");
    if (c->status == WISP_OK && block->opcode != WISP_OPCODE_TRY)
        wisp_compile_fail(c, WISP_MALFORMED, "delegate outside of a try without clauses");
    if (c->status == WISP_OK && label >= c->depth - 1)
        wisp_compile_fail(c, WISP_MISMATCH, "delegate: unknown label %u, expected less than %zu",
                          label, c->depth - 1);
    if (c->status)
        return;
    wisp_handler handler = {
        .start = block->start,
        .end = (uint32_t)c->code_len,
        .target = (uint32_t)(c->depth - 2 - label),
        .kind = WISP_HANDLER_DELEGATE,
        .depth = (uint16_t)(c->depth - 1),
        .ref_slot = WISP_NO_SLOT,
    };
    if (handler.start != handler.end && !block->was_dead)
        push_handler(c, &c->handlers, &handler);
    c->instructions++; /* which the end takes back */
    wisp_walk_end(c);
}

bool wisp_walk_catch_end(wisp_compiler *c)
{
    wisp_control *block = current(c);
    if (!is_catch(block))
        return false;
    wisp_emit_branch_moves(c, block);
    wisp_operands_drop(c);
    c->floor = --block->height;
    wisp_operands_drop(c);
    return true;
}
