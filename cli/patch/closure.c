#include "closure.h"

#include "../take.h"

#include <string.h>

/* ------------------------------------------------------------------ nodes */

static bool is_tagged(const wisp_symbols_type *type)
{
    return type->kind == WISP_TYPE_STRUCT || type->kind == WISP_TYPE_UNION ||
           type->kind == WISP_TYPE_ENUM;
}

static bool is_named(const wisp_symbols_type *type)
{
    return type->name[0] != '\0' && (is_tagged(type) || type->kind == WISP_TYPE_TYPEDEF);
}

/* Makes the tables by node large enough for all nodes that there are. */
static void make_room(closure *c)
{
    size_t count = wisp_symbols_type_count(c->symbols);
    if (count <= c->node_room)
        return;
    size_t room = count + count / 2;
    closed_type **of_node = take(c->arena, room, sizeof(closed_type *));
    bool *is_met = take(c->arena, room, sizeof(bool));
    if (c->node_room) {
        memcpy(of_node, c->of_node, c->node_room * sizeof(closed_type *));
        memcpy(is_met, c->is_met, c->node_room * sizeof(bool));
    }
    c->of_node = of_node;
    c->is_met = is_met;
    c->node_room = room;
}

static void meet(closure *c, const wisp_symbols_type *type)
{
    make_room(c);
    if (!type || c->is_met[type->index])
        return;
    c->is_met[type->index] = true;
    take_room(c->arena, &c->todo, c->todo_len, &c->todo_room, sizeof(wisp_symbols_type *));
    c->todo[c->todo_len++] = type;
}

closed_type *closure_find(const closure *c, const wisp_symbols_type *node)
{
    return node->index < c->node_room ? c->of_node[node->index] : NULL;
}

const wisp_symbols_type *closure_body(const closure *c, const wisp_symbols_type *node)
{
    const closed_type *named = closure_find(c, node);
    return named ? named->type : node;
}

/* ------------------------------------------------------------------ names */

/* Typedefs that wisp_patch.h brings along, of the size that the program has them in. */
static bool is_standard(const wisp_symbols_type *type)
{
    static const char *const names[] = {
        "size_t",        "ptrdiff_t",      "wchar_t",        "max_align_t",    "int8_t",
        "int16_t",       "int32_t",        "int64_t",        "uint8_t",        "uint16_t",
        "uint32_t",      "uint64_t",       "intptr_t",       "uintptr_t",      "intmax_t",
        "uintmax_t",     "int_least8_t",   "int_least16_t",  "int_least32_t",  "int_least64_t",
        "uint_least8_t", "uint_least16_t", "uint_least32_t", "uint_least64_t",
    };
    if (strcmp(type->name, "bool") == 0)
        return type->kind == WISP_TYPE_TYPEDEF && type->target->kind == WISP_TYPE_BOOL;
    for (size_t i = 0; i < sizeof names / sizeof *names && type->kind == WISP_TYPE_TYPEDEF; i++)
        if (strcmp(type->name, names[i]) == 0)
            return true;
    return false;
}

/* Kind and name as the program has it: tags are one space of names, typedefs another one. */
static const char *key_of(closure *c, const wisp_symbols_type *type)
{
    return take_print(c->arena, "%s %s", wisp_symbols_type_kind_name(type->kind), type->name);
}

/* Whether two typedefs that are called alike stand for types that are called alike. */
static bool is_same_target(const wisp_symbols_type *a, const wisp_symbols_type *b)
{
    while (a && b && a->kind == b->kind && a->name[0] == '\0') {
        a = a->target;
        b = b->target;
    }
    return a == b || (a && b && a->kind == b->kind && strcmp(a->name, b->name) == 0);
}

/* Whether two nodes that are called alike are one type, which several files have. */
static bool is_same(const wisp_symbols_type *a, const wisp_symbols_type *b)
{
    if (a->is_declared_only || b->is_declared_only)
        return true;
    if (a->kind == WISP_TYPE_TYPEDEF) /* the size of what has no body in one file is not known */
        return is_same_target(a->target, b->target) &&
               (a->size == b->size || !a->size || !b->size);
    if (a->size != b->size || a->member_count != b->member_count ||
        a->enumerator_count != b->enumerator_count)
        return false;
    for (uint32_t i = 0; i < a->member_count; i++)
        if (strcmp(a->members[i].name, b->members[i].name) != 0 ||
            a->members[i].offset != b->members[i].offset)
            return false;
    return true;
}

static closed_type *add_named(closure *c, const char *key, const wisp_symbols_type *type,
                              closed_type *others)
{
    closed_type *made = take(c->arena, 1, sizeof *made);
    made->type = type;
    made->is_standard = is_standard(type);
    made->next = others;
    if (made->is_standard)
        made->name = type->name;
    else
        made->name = name_claim(is_tagged(type) ? &c->tags : &c->words, type->name, made);
    name_set(&c->keys, key, made);
    take_room(c->arena, &c->found, c->found_len, &c->found_room, sizeof made);
    return c->found[c->found_len++] = made;
}

/* The body of what is only declared where [type] is, if any file has it. */
static const wisp_symbols_type *body_elsewhere(closure *c, const wisp_symbols_type *type)
{
    const wisp_symbols_type *body;
    if (wisp_symbols_find_type(c->symbols, key_of(c, type), &body, NULL) ||
        body->is_declared_only || wisp_symbols_complete(c->symbols, body, NULL))
        return NULL;
    return body;
}

/* Notes what [type], which has a name, is called here. */
static void name_node(closure *c, const wisp_symbols_type *type)
{
    const char *key = key_of(c, type);
    closed_type *others = name_find(&c->keys, key), *same = others;
    while (same && !is_same(same->type, type))
        same = same->next;
    if (same && same->type->is_declared_only && !type->is_declared_only)
        same->type = type;
    if (!same)
        same = add_named(c, key, type, others);
    c->of_node[type->index] = same;
    if (same->type->is_declared_only) {
        const wisp_symbols_type *body = body_elsewhere(c, type);
        meet(c, body);
        same->type = body ? body : same->type;
    }
}

/* ------------------------------------------------------------------ collecting */

static void look_into(closure *c, const wisp_symbols_type *type)
{
    if (is_named(type))
        name_node(c, type);
    if (is_standard(type)) /* and what it stands for is the compiler's affair */
        return;
    meet(c, type->target);
    for (uint32_t i = 0; i < type->member_count; i++)
        meet(c, type->members[i].type);
    for (uint32_t i = 0; i < type->param_count; i++)
        meet(c, type->params[i]);
}

wisp_status closure_add(closure *c, const wisp_symbols_type *type, wisp_error *err)
{
    wisp_status status = wisp_symbols_complete(c->symbols, type, err);
    if (!status)
        meet(c, type);
    while (c->todo_len)
        look_into(c, c->todo[--c->todo_len]);
    return status;
}

/* Whether [type] is there under its name. A node that was not met is what it is called. */
static bool has_name(closure *c, const wisp_symbols_type *type)
{
    closed_type *same = closure_find(c, type);
    for (same = same ? same : name_find(&c->keys, key_of(c, type)); same; same = same->next)
        if (is_same(same->type, type)) {
            make_room(c);
            c->of_node[type->index] = same;
            return true;
        }
    return is_standard(type);
}

static bool has_all(closure *c, const wisp_symbols_type *type)
{
    if (!type)
        return true;
    if (is_named(type))
        return has_name(c, type);
    if (is_tagged(type)) /* without a name: it has members of its own, so it must have been met */
        return type->index < c->node_room && c->is_met[type->index];
    for (uint32_t i = 0; i < type->param_count; i++)
        if (!has_all(c, type->params[i]))
            return false;
    return has_all(c, type->target);
}

bool closure_has(closure *c, const wisp_symbols_type *type)
{
    return !wisp_symbols_complete(c->symbols, type, NULL) && has_all(c, type);
}

bool closure_has_body(const closure *c, const wisp_symbols_type *type)
{
    type = wisp_symbols_type_strip(type);
    while (type->kind == WISP_TYPE_ARRAY)
        type = wisp_symbols_type_strip(type->target);
    return !is_tagged(type) || !closure_body(c, type)->is_declared_only;
}

/* ------------------------------------------------------------------ sorting */

static void place(closure *c, closed_type *named);

/* Places what a declaration that uses [type] must stand behind. [by_value]: bodies too. A struct
 * behind a pointer is declared ahead of everything, an enum cannot be. */
static void place_before(closure *c, const wisp_symbols_type *type, bool by_value)
{
    if (!type)
        return;
    closed_type *named = closure_find(c, type);
    bool is_plain_tag = is_tagged(type) && type->kind != WISP_TYPE_ENUM;
    if (named && is_plain_tag && !by_value)
        return;
    if (named) {
        place(c, named);
        if (type->kind == WISP_TYPE_TYPEDEF &&
            by_value) /* it may have been placed for a pointer */
            place_before(c, type->target, true);
        return;
    }
    bool is_far = type->kind == WISP_TYPE_POINTER || type->kind == WISP_TYPE_REFERENCE ||
                  type->kind == WISP_TYPE_FUNCTION;
    bool is_array = type->kind == WISP_TYPE_ARRAY; /* whose elements have a size even far away */
    place_before(c, type->target, is_array || (by_value && !is_far));
    for (uint32_t i = 0; i < type->member_count; i++)
        place_before(c, type->members[i].type, true);
    for (uint32_t i = 0; i < type->param_count; i++)
        place_before(c, type->params[i], false);
}

static void place(closure *c, closed_type *named)
{
    const wisp_symbols_type *type = named->type;
    if (named->is_sorted)
        return;
    named->is_sorted = true;
    place_before(c, type->target, false);
    for (uint32_t i = 0; i < type->member_count; i++)
        place_before(c, type->members[i].type, true);
    take_room(c->arena, &c->sorted, c->sorted_len, &c->sorted_room, sizeof named);
    c->sorted[c->sorted_len++] = named;
}

void closure_sort(closure *c)
{
    for (size_t i = 0; i < c->found_len; i++)
        place(c, c->found[i]);
}
