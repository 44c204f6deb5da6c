#include "plan.h"

#include "../take.h"

#include <ctype.h>
#include <string.h>

/* ------------------------------------------------------------------ layouts */

static bool is_alike(const plan *p, const c_type *guest, const c_type *host);

static bool are_fields_alike(const plan *p, const c_record *guest, const c_record *host)
{
    for (size_t i = 0; i < guest->field_len; i++) {
        const c_member *g = &guest->fields[i], *h = &host->fields[i];
        if (g->bit_width || g->offset_bits != h->offset_bits || !is_alike(p, g->type, h->type))
            return false;
    }
    return true;
}

/* Whether the same bytes mean the same on both sides, and any bytes mean something: those of a
 * bool do not. */
static bool is_alike(const plan *p, const c_type *guest, const c_type *host)
{
    if (!p->host->is_little_endian || guest->size != host->size || guest->kind != host->kind)
        return false;
    switch (guest->kind) {
    case C_INT:
    case C_ENUM:
    case C_FLOAT:
        return true;
    case C_ARRAY:
        return is_alike(p, guest->of, host->of);
    case C_RECORD:
        return guest->record->is_whole && guest->record->field_len == host->record->field_len &&
               are_fields_alike(p, guest->record, host->record);
    default:
        return false;
    }
}

/* The bytes of [type] that are some field's. */
static uint64_t bytes_in_use(const c_type *type)
{
    uint64_t used = 0;
    if (type->kind == C_ARRAY)
        return type->len * bytes_in_use(type->of);
    if (type->kind != C_RECORD)
        return type->size;
    for (size_t i = 0; i < type->record->field_len; i++) {
        uint64_t size = bytes_in_use(type->record->fields[i].type);
        used = !type->record->is_union ? used + size : size > used ? size : used;
    }
    return used;
}

static bool is_dense(const c_type *type)
{
    return bytes_in_use(type) == type->size;
}

/* ------------------------------------------------------------------ fields */

static bool plan_fields(plan *p, const c_type *guest, const c_type *host, const char *owner,
                        const char *prefix, const plan_scope *outer, plan_item **out,
                        size_t *out_len);

/* The name that annotations and texts have for [item]: anonymous ones go by their kind. */
static const char *key_of(const plan_item *item)
{
    if (item->name[0])
        return item->name;
    return item->guest->kind == C_RECORD && item->guest->record->is_union ? "union" : "struct";
}

/* The struct or union that is [item], in place, with what is in it planned as its own. */
static bool plan_inner(plan *p, plan_item *item, const char *owner, const plan_scope *scope)
{
    const char *prefix =
        item->name[0] ? take_print(p->arena, "%s%s.", scope->prefix, item->name) : scope->prefix;
    return plan_fields(p, item->guest, item->host, owner, prefix, scope, &item->of,
                       &item->of_len);
}

static bool has_field(const plan_item *item, const char *name)
{
    for (size_t i = 0; i < item->of_len; i++)
        if (strcmp(item->of[i].name, name) == 0)
            return true;
    return false;
}

static bool plan_union(plan *p, plan_item *item, const char *owner, const plan_scope *scope)
{
    const annotation *n = &item->notes;
    item->shape = SHAPE_UNION;
    if (!n->tag)
        return plan_fault(p, item->place,
                          "'%s.%s' is a union, which of its members counts is not known: "
                          "annotate it with switch(field){value: member, …}",
                          owner, key_of(item));
    const count tag = {COUNT_NAME, n->tag, NULL, NULL};
    const count *found = plan_count(p, item, &tag, scope);
    if (!found || !plan_inner(p, item, owner, scope))
        return false;
    item->tag = found->text;
    for (size_t i = 0; i < n->variant_len; i++)
        if (n->variants[i].member && !has_field(item, n->variants[i].member))
            return plan_fault(p, item->place, "'%s.%s' has no member '%s'", owner, key_of(item),
                              n->variants[i].member);
    return true;
}

static bool plan_field(plan *p, plan_item *item, const char *owner, const plan_scope *scope);

static bool plan_array(plan *p, plan_item *item, const char *owner, const plan_scope *scope)
{
    item->shape = SHAPE_ARRAY;
    plan_item *one = take(p->arena, 1, sizeof *one);
    *one = *item;
    one->guest = item->guest->of;
    one->host = item->host->of;
    item->of = one;
    item->of_len = 1;
    return plan_field(p, one, owner, scope) && plan_fits(p, one);
}

/* An anonymous union in which any member stands for all: the largest. */
static bool plan_largest(plan *p, plan_item *item, const char *owner, const plan_scope *scope)
{
    plan_item *largest;
    item->shape = SHAPE_RECORD;
    if (!plan_inner(p, item, owner, scope))
        return false;
    largest = item->of;
    for (size_t i = 1; i < item->of_len; i++)
        if (item->of[i].guest->size > largest->guest->size)
            largest = &item->of[i];
    item->of = largest;
    item->of_len = 1;
    return true;
}

static bool plan_record(plan *p, plan_item *item, const char *owner, const plan_scope *scope)
{
    if (item->guest->record->is_union)
        return plan_union(p, item, owner, scope);
    item->shape = SHAPE_RECORD;
    if (!item->guest->record->tag[0])
        return plan_inner(p, item, owner, scope);
    item->element = plan_element_of(p, item, item->guest, item->host);
    return item->element != NULL;
}

static bool plan_field(plan *p, plan_item *item, const char *owner, const plan_scope *scope)
{
    bool is_compound = item->guest->kind == C_ARRAY || item->guest->kind == C_RECORD;
    bool is_same = is_compound && !item->notes.tag && is_alike(p, item->guest, item->host) &&
                   is_dense(item->guest);
    item->shape = SHAPE_BYTES;
    if (is_same && !item->name[0] && item->guest->record->is_union)
        return plan_largest(p, item, owner, scope);
    if (is_same && item->name[0])
        return true;
    switch (item->guest->kind) {
    case C_BOOL:
    case C_INT:
    case C_ENUM:
    case C_FLOAT:
        item->shape = SHAPE_VALUE;
        return true;
    case C_ARRAY:
        return plan_array(p, item, owner, scope);
    case C_RECORD:
        return plan_record(p, item, owner, scope);
    case C_POINTER:
        return plan_pointer(p, item, ROLE_FIELD, scope);
    default:
        return plan_fault(p, item->place, "'%s' is '%s', which modules cannot have", item->label,
                          item->guest->text);
    }
}

static bool plan_fields(plan *p, const c_type *guest, const c_type *host, const char *owner,
                        const char *prefix, const plan_scope *outer, plan_item **out,
                        size_t *out_len)
{
    const c_record *g = guest->record, *h = host->record;
    plan_item *items = take(p->arena, g->field_len + 1, sizeof *items);
    plan_scope scope = {items, g->field_len, prefix, false, outer};
    bool is_good = true;
    *out = items;
    *out_len = g->field_len;
    if (g->field_len != h->field_len)
        return plan_fault(p, g->place, "'%s' has %zu fields for modules and %zu for the program",
                          owner, g->field_len, h->field_len);
    for (size_t i = 0; i < g->field_len && is_good; i++)
        is_good = plan_pair(p, &items[i], &g->fields[i], &h->fields[i], owner) &&
                  plan_notes(p, items[i].place, g->fields[i].annotation, owner, key_of(&items[i]),
                             &items[i].notes);
    bool is_read = is_good;
    for (size_t i = 0; i < g->field_len && is_read; i++) /* all faults of them */
        if (!g->fields[i].bit_width || items[i].name[0])
            is_good &= plan_field(p, &items[i], owner, &scope) && plan_fits(p, &items[i]);
    return is_good;
}

/* ------------------------------------------------------------------ elements */

static const char *name_of(plan *p, const char *text)
{
    char *name = take_text(p->arena, text, strlen(text));
    for (char *at = name; *at; at++)
        if (!isalnum((unsigned char)*at))
            *at = '_';
    return name;
}

static plan_element *find_element(const plan *p, const c_type *guest)
{
    for (size_t i = 0; i < p->elements.len; i++) {
        plan_element *element = p->elements.items[i];
        if (guest->record ? element->guest->record == guest->record
                          : strcmp(element->guest->text, guest->text) == 0)
            return element;
    }
    return NULL;
}

static bool has_pointers(const plan_item *items, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        const plan_item *item = &items[i];
        if (item->shape == SHAPE_TEXT || item->shape == SHAPE_OBJECTS ||
            item->shape == SHAPE_HANDLE || (item->element && item->element->has_pointers) ||
            has_pointers(item->of, item->of_len))
            return true;
    }
    return false;
}

static plan_element *make_element(plan *p, const c_type *guest, const c_type *host)
{
    plan_element *element = take(p->arena, 1, sizeof *element);
    element->guest = guest;
    element->host = host;
    element->name = name_of(p, guest->text);
    element->is_alike = is_alike(p, guest, host);
    element->is_dense = element->is_alike && is_dense(guest);
    element->is_open = true;
    bool is_good = true;
    plan_add(p, &p->elements, element);
    if (guest->kind == C_RECORD && !element->is_dense)
        is_good = plan_fields(p, guest, host, guest->record->tag, "", NULL, &element->fields,
                              &element->field_len);
    element->has_pointers = has_pointers(element->fields, element->field_len);
    element->is_open = false;
    element->is_broken = !is_good;
    return element;
}

plan_element *plan_element_of(plan *p, const plan_item *of, const c_type *guest,
                              const c_type *host)
{
    bool is_record = guest->kind == C_RECORD;
    if (is_record ? !guest->record->is_whole || guest->record->is_union || !guest->record->tag[0]
                  : guest->kind > C_ENUM || guest->kind == C_VOID) {
        plan_fault(p, of->place, "'%s' has '%s', expected numbers or structs with a name",
                   of->label, guest->text);
        return NULL;
    }
    plan_element *element = find_element(p, guest);
    if (!element)
        element = make_element(p, guest, host);
    else if (element->is_open)
        plan_fault(p, of->place, "'%s' leads from '%s' to itself, which has no end", of->label,
                   guest->text);
    else if (element->is_broken)
        plan_fault(p, of->place, "'%s' needs '%s', see above", of->label, guest->text);
    return element->is_open || element->is_broken ? NULL : element;
}
