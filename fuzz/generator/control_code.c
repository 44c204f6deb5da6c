#include "state.h"

#include <string.h>

/* Blocks, branches, calls and exceptions; statements and the bodies of functions. */

static const list NOTHING = {.len = 0};

static bool equals(const list *one, const list *other)
{
    return one->len == other->len && memcmp(one->types, other->types, one->len) == 0;
}

static void put_op(generator *g, uint8_t op, uint32_t immediate)
{
    put(g->out, op);
    put_u32(g->out, immediate);
}

/* [types] without the first one. */
static list rest_of(const list *types)
{
    list rest = {.len = types->len - 1};
    memcpy(rest.types, types->types + 1, rest.len);
    return rest;
}

/* if (turns == 0) trap; turns-- */
void put_turn(generator *g)
{
    static const uint8_t CODE[] = {0x23, 0, 0x45, 0x04, 0x40, 0x00, 0x0b,
                                   0x23, 0, 0x41, 1,    0x6b, 0x24, 0};
    put_bytes(g->out, CODE, sizeof CODE);
}

/* ------------------------------------------------------------------ blocks */

static void push_label(generator *g, const list *carries, bool is_catch)
{
    g->labels[g->label_count++] = (label){*carries, is_catch};
}

static void pop_label(generator *g)
{
    g->label_count--;
}

static list pick_list(generator *g, uint32_t max)
{
    list types = {.len = pick(g, max + 1)};
    for (uint32_t i = 0; i < types.len; i++)
        types.types[i] = pick_type(g);
    return types;
}

static void put_block_type(generator *g, const functype *type)
{
    if (type->params.len == 0 && type->results.len == 0)
        put(g->out, 0x40);
    else if (type->params.len == 0 && type->results.len == 1 && pick(g, 4))
        put(g->out, type->results.types[0]);
    else
        put_s64(g->out, type_index(g, type));
}

/* What is between the ends of a block: from [begins] on the stack to [ends]. */
static void put_inside(generator *g, const list *begins, const list *ends)
{
    bool keeps = once_in(g, 3); /* what it began with stays on the stack for a while */
    if (!keeps)
        put_sink(g, begins);
    bool is_dead = put_statements(g, pick(g, 4));
    if (keeps)
        put_sink(g, begins);
    if (!is_dead || once_in(g, 4))
        put_values(g, ends);
}

static void put_plain_block(generator *g, const functype *type)
{
    put(g->out, 0x02);
    put_block_type(g, type);
    push_label(g, &type->results, false);
    put_inside(g, &type->params, &type->results);
    pop_label(g);
    put(g->out, 0x0b);
}

/* A loop that goes on on a condition at its end, and perhaps by branches within. */
static void put_loop(generator *g, const functype *type)
{
    put(g->out, 0x03);
    put_block_type(g, type);
    push_label(g, &type->params, false);
    put_turn(g);
    put_inside(g, &type->params, &type->params);
    put_condition(g);
    put_op(g, 0x0d, 0);
    put_sink(g, &type->params);
    put_values(g, &type->results);
    pop_label(g);
    put(g->out, 0x0b);
}

static void put_if(generator *g, const functype *type)
{
    put_condition(g);
    put(g->out, 0x04);
    put_block_type(g, type);
    push_label(g, &type->results, false);
    put_inside(g, &type->params, &type->results);
    if (pick(g, 2) || !equals(&type->params, &type->results)) {
        put(g->out, 0x05);
        put_inside(g, &type->params, &type->results);
    }
    pop_label(g);
    put(g->out, 0x0b);
}

/* ------------------------------------------------------------------ exceptions */

static const list *tag_values(const generator *g, uint32_t tag)
{
    return &g->types[g->tags[tag]].params;
}

static void put_throw(generator *g)
{
    uint32_t tag = pick(g, TAGS);
    put_values(g, tag_values(g, tag));
    put_op(g, 0x08, tag);
}

/* try … catch tag … catch_all … end; or try … delegate */
static void put_legacy_try(generator *g, const functype *type)
{
    put(g->out, 0x06);
    put_block_type(g, type);
    push_label(g, &type->results, false);
    put_inside(g, &type->params, &type->results);
    pop_label(g);
    if (once_in(g, 4)) {
        put_op(g, 0x18, pick(g, g->label_count));
        return;
    }
    push_label(g, &type->results, true);
    for (uint32_t i = pick(g, 3); i > 0; i--) {
        uint32_t tag = pick(g, TAGS);
        put_op(g, 0x07, tag);
        put_inside(g, tag_values(g, tag), &type->results);
    }
    if (pick(g, 2)) {
        put(g->out, 0x19);
        put_inside(g, &NOTHING, &type->results);
    }
    pop_label(g);
    put(g->out, 0x0b);
}

/*
 * block $out (results)
 *   block $handler (what it catches)
 *     try_table (results) (catch … $handler) … end
 *     br $out
 *   end
 *   … results
 * end
 */
static void put_try_table(generator *g, const functype *type)
{
    uint32_t tag = pick(g, TAGS),
             kind = pick(g, 4); /* catch, catch_ref, catch_all, catch_all_ref */
    functype out = {.results = type->results}, handler = {.results = NOTHING};
    if (kind < 2)
        handler.results = *tag_values(g, tag);
    if (kind % 2)
        handler.results.types[handler.results.len++] = EXNREF;
    put_sink(g, &type->params);
    put(g->out, 0x02);
    put_block_type(g, &out);
    push_label(g, &out.results, false);
    put(g->out, 0x02);
    put_block_type(g, &handler);
    push_label(g, &handler.results, false);
    put(g->out, 0x1f);
    put_block_type(g, &out);
    put(g->out, 1);
    put(g->out, (uint8_t)kind);
    if (kind < 2)
        put_u32(g->out, tag);
    put_u32(g->out, 0);
    push_label(g, &out.results, false);
    put_inside(g, &NOTHING, &out.results);
    pop_label(g);
    put(g->out, 0x0b);
    pop_label(g);
    put_op(g, 0x0c, 1);
    put(g->out, 0x0b);
    put_inside(g, &handler.results, &out.results);
    pop_label(g);
    put(g->out, 0x0b);
}

/* Any structured instruction of [type], with its parameters put before it. */
static void put_structure(generator *g, functype *type)
{
    uint32_t kind = pick(g, 8);
    if (g->label_count + 4 >= LABELS_MAX || g->type_count + 3 >= TYPES_MAX) {
        put_values(g, &type->results);
        return;
    }
    put_values(g, &type->params);
    if (kind == 6 && has(g, WISP_FEATURE_LEGACY_EXCEPTIONS))
        put_legacy_try(g, type);
    else if (kind == 7 && has(g, WISP_FEATURE_EXCEPTIONS))
        put_try_table(g, type);
    else if (kind == 1 || kind == 4)
        put_loop(g, type);
    else if (kind == 2 || kind == 5)
        put_if(g, type);
    else
        put_plain_block(g, type);
}

void put_block_value(generator *g, uint8_t type)
{
    functype block = {.params = pick_list(g, 2)};
    list more = pick_list(g, 2);
    block.results.types[0] = type;
    memcpy(block.results.types + 1, more.types, more.len);
    block.results.len = 1 + more.len;
    put_structure(g, &block);
    put_sink(g, &more);
}

/* ------------------------------------------------------------------ calls */

/* A function whose results are what [is_wanted] says, from a random one on. */
static bool find_func(generator *g, bool is_wanted(const list *results, const void *as),
                      const void *as, uint32_t *index)
{
    uint32_t from = pick(g, g->func_count);
    for (uint32_t i = 0; i < g->func_count; i++) {
        *index = (from + i) % g->func_count;
        if (is_wanted(&g->types[g->funcs[*index]].results, as))
            return true;
    }
    return false;
}

static bool begins_with(const list *results, const void *type)
{
    return results->len > 0 && results->types[0] == *(const uint8_t *)type;
}

static bool is_equal(const list *results, const void *other)
{
    return equals(results, other);
}

/* [direct] is call or return_call; the indirect forms follow it. */
static void put_call(generator *g, uint32_t func, uint8_t direct)
{
    put_values(g, &g->types[g->funcs[func]].params);
    switch (pick(g, 4)) {
    case 2:
        if (once_in(g, 4)) {
            put_index(g, 16);
        } else {
            put(g->out, 0x41);
            put_s64(g->out, func);
        }
        put_op(g, direct + 1, g->funcs[func]); /* call_indirect */
        put(g->out, 0);
        return;
    case 3:
        if (has(g, WISP_FEATURE_FUNCTION_REFERENCES)) {
            put_op(g, 0xd2, func);
            put_op(g, direct == 0x10 ? 0x14 : 0x15, g->funcs[func]); /* call_ref */
            return;
        }
    }
    put_op(g, direct, func);
}

bool put_call_value(generator *g, uint8_t type)
{
    uint32_t func;
    if (!find_func(g, begins_with, &type, &func))
        return false;
    put_call(g, func, 0x10);
    list rest = rest_of(&g->types[g->funcs[func]].results);
    put_sink(g, &rest);
    return true;
}

static void put_call_statement(generator *g)
{
    uint32_t func = pick(g, g->func_count);
    put_call(g, func, 0x10);
    put_sink(g, &g->types[g->funcs[func]].results);
}

/* ------------------------------------------------------------------ branches */

/* What the label [depth] blocks out carries. */
static const list *carried(const generator *g, uint32_t depth)
{
    return &g->labels[g->label_count - 1 - depth].carries;
}

static const list *put_br_if(generator *g)
{
    uint32_t depth = pick(g, g->label_count);
    put_values(g, carried(g, depth));
    if (has(g, WISP_FEATURE_FUNCTION_REFERENCES) && once_in(g, 4)) {
        put_value(g, FUNCREF);
        put_op(g, 0xd5, depth); /* br_on_null */
        put(g->out, 0x1a);
    } else {
        put_condition(g);
        put_op(g, 0x0d, depth);
    }
    return carried(g, depth);
}

/* Some labels that carry the same as that of [depth], and it. */
static void put_br_table(generator *g, uint32_t depth)
{
    uint32_t count = pick(g, 6), targets[6];
    for (uint32_t i = 0; i < count; i++) {
        targets[i] = pick(g, g->label_count);
        if (!equals(carried(g, targets[i]), carried(g, depth)))
            targets[i] = depth;
    }
    put_values(g, carried(g, depth));
    put_index(g, 8);
    put_op(g, 0x0e, count);
    for (uint32_t i = 0; i < count; i++)
        put_u32(g->out, targets[i]);
    put_u32(g->out, depth);
}

static void put_rethrow(generator *g)
{
    for (uint32_t depth = 0; depth < g->label_count; depth++) {
        if (g->labels[g->label_count - 1 - depth].is_catch) {
            put_op(g, 0x09, depth);
            return;
        }
    }
    put_throw(g);
}

static void put_tail_call(generator *g)
{
    uint32_t func;
    if (find_func(g, is_equal, &g->type->results, &func)) {
        put_call(g, func, 0x12);
        return;
    }
    put_values(g, &g->type->results);
    put(g->out, 0x0f);
}

/* Code whose end is not reached. */
static void put_end_of_way(generator *g)
{
    uint32_t depth = pick(g, g->label_count);
    switch (pick(g, 10)) {
    default:
        put_values(g, carried(g, depth));
        put_op(g, 0x0c, depth);
        return;
    case 3:
    case 4:
        put_br_table(g, depth);
        return;
    case 5:
        put_values(g, &g->type->results);
        put(g->out, 0x0f);
        return;
    case 6:
    case 7:
        if (has(g, WISP_FEATURE_TAIL_CALLS)) {
            put_tail_call(g);
            return;
        }
        break;
    case 8:
        if (has(g, WISP_FEATURE_LEGACY_EXCEPTIONS) && once_in(g, 2)) {
            put_rethrow(g);
            return;
        }
        if (has(g, WISP_FEATURE_LEGACY_EXCEPTIONS | WISP_FEATURE_EXCEPTIONS)) {
            put_throw(g);
            return;
        }
        break;
    case 9:
        if (pick(g, 4))
            break;
        put(g->out, 0x00);
        return;
    }
    put_br_table(g, depth);
}

bool put_branch_value(generator *g, uint8_t type)
{
    if (once_in(g, 4)) {
        put_end_of_way(g);
        if (pick(g, 2))
            put_value(g, type);
        return true;
    }
    const list *left = put_br_if(g);
    if (left->len > 0 && left->types[0] == type) {
        list rest = rest_of(left);
        put_sink(g, &rest);
        return true;
    }
    put_sink(g, left);
    return false;
}

/* ------------------------------------------------------------------ statements */

static void put_look(generator *g)
{
    uint8_t type = pick_type(g);
    put_value(g, type);
    put_observation(g, type);
}

static void put_set(generator *g)
{
    uint32_t index = pick(g, g->local_count);
    if (g->local_count == 0) {
        put_look(g);
        return;
    }
    put_value(g, g->locals[index]);
    put_op(g, 0x21, index);
}

static void put_global_set(generator *g)
{
    uint32_t index = pick(g, g->global_count);
    if (index < 2 || !g->globals[index].is_mutable) {
        put_set(g);
        return;
    }
    put_value(g, g->globals[index].type);
    put_op(g, 0x24, index);
}

/*
 * block (result funcref)
 *   … ref
 *   br_on_non_null 0
 *   ref.null
 * end
 */
static void put_null_test(generator *g)
{
    const functype block = {.results = {{FUNCREF}, 1}};
    put(g->out, 0x02);
    put(g->out, FUNCREF);
    push_label(g, &block.results, false);
    put_value(g, FUNCREF);
    put_op(g, 0xd6, 0);
    put_constant(g, FUNCREF);
    pop_label(g);
    put(g->out, 0x0b);
    put_sink(g, &block.results);
}

static void put_void_block(generator *g)
{
    functype block = {.params = pick_list(g, 2), .results = pick_list(g, 1)};
    put_structure(g, &block);
    put_sink(g, &block.results);
}

/* True where the end of the statement is not reached. */
static bool put_statement(generator *g)
{
    switch (pick(g, 16)) {
    case 0:
    case 1:
    case 2:
    case 3:
        put_set(g);
        return false;
    case 4:
        put_global_set(g);
        return false;
    case 5:
    case 6:
    case 7:
        put_store(g);
        return false;
    case 8:
        if (has(g, WISP_FEATURE_FUNCTION_REFERENCES) && once_in(g, 2))
            put_null_test(g);
        else
            put_look(g);
        return false;
    case 9:
    case 10:
    case 11:
        put_void_block(g);
        return false;
    case 12:
        put_call_statement(g);
        return false;
    case 13:
        put_sink(g, put_br_if(g));
        return false;
    case 14:
        put_bulk(g);
        return false;
    default:
        if (pick(g, 3)) {
            put(g->out, 0x01); /* nop */
            return false;
        }
        put_end_of_way(g);
        return true;
    }
}

bool put_statements(generator *g, uint32_t count)
{
    bool is_dead = false;
    if (g->depth >= DEPTH_MAX)
        return false;
    g->depth++;
    for (; count > 0 && !is_exhausted(g) && (!is_dead || once_in(g, 4)); count--)
        is_dead |= put_statement(g);
    g->depth--;
    return is_dead;
}

/* ------------------------------------------------------------------ functions */

static void pick_locals(generator *g)
{
    uint32_t count = pick(g, 12);
    g->local_count = g->type->params.len;
    memcpy(g->locals, g->type->params.types, g->local_count);
    for (uint32_t i = 0; i < count; i++)
        g->locals[g->local_count++] = pick_type(g);
}

/* The locals that are not parameters. The scratch ones come last: no other code may look at
 * them, since there are NaNs in them that are not canonical yet. */
static void put_locals(generator *g, buffer *out)
{
    static const uint8_t SCRATCH[] = {F32, F64, V128};
    uint32_t scratch_count = has(g, WISP_FEATURE_SIMD) ? 3 : 2;
    put_u32(out, g->local_count - g->type->params.len + scratch_count);
    for (uint32_t i = g->type->params.len; i < g->local_count; i++) {
        put_u32(out, 1);
        put(out, g->locals[i]);
    }
    for (uint32_t i = 0; i < scratch_count; i++) {
        g->scratch[i] = g->local_count + i;
        put_u32(out, 1);
        put(out, SCRATCH[i]);
    }
}

static void put_look_at_locals(generator *g)
{
    for (uint32_t i = 0; i < g->local_count; i++) {
        put_op(g, 0x20, i);
        put_observation(g, g->locals[i]);
    }
}

void put_body(generator *g, buffer *out, uint32_t index)
{
    buffer body = {0};
    g->out = &body;
    g->type = &g->types[g->funcs[index]];
    pick_locals(g);
    put_locals(g, &body);
    g->label_count = 0;
    push_label(g, &g->type->results, false);
    put_turn(g);
    bool is_dead = put_statements(g, pick(g, 8));
    if (!is_dead)
        put_look_at_locals(g);
    put_values(g, &g->type->results);
    put(&body, 0x0b);
    put_sized(out, &body);
}
