#include "plan.h"

#include "../take.h"

#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

void plan_add(plan *p, plan_list *list, void *item)
{
    take_room(p->arena, &list->items, list->len, &list->room, sizeof(void *));
    list->items[list->len++] = item;
}

bool plan_fault(plan *p, c_place place, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fprintf(stderr, "%s:%u: ", place.file, place.line);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
    p->faults++;
    return false;
}

bool plan_notes(plan *p, c_place place, const char *words, const char *owner, const char *member,
                annotation *out)
{
    wisp_error err;
    const char *more = sidecar_find(p->notes, owner, member);
    const char *all = take_print(p->arena, "%s%s%s", words, *words && *more ? ", " : "", more);
    if (!annotation_parse(all, p->arena, out, &err))
        return true;
    return plan_fault(p, place, "'%s%s%s': annotation %s", owner, member ? "." : "",
                      member ? member : "", err.text);
}

bool plan_pair(plan *p, plan_item *item, const c_member *guest, const c_member *host,
               const char *owner)
{
    item->name = guest->name;
    item->guest = guest->type;
    item->host = host->type;
    item->field = guest;
    item->place = guest->place;
    item->partner = SIZE_MAX;
    item->label = guest->name[0] ? take_print(p->arena, "%s.%s", owner, guest->name) : owner;
    if (strcmp(guest->name, host->name) != 0 || guest->type->kind != host->type->kind ||
        guest->type->len != host->type->len)
        return plan_fault(p, guest->place,
                          "'%s.%s' is '%s' for modules and '%s %s' for the program, expected "
                          "the same declaration",
                          owner, guest->name, guest->type->text, host->type->text, host->name);
    return true;
}

#define SAID(word) (1u << WORD_##word)

static const uint32_t fitting[] = {
    [SHAPE_NOTHING] = 0,
    [SHAPE_VALUE] = SAID(scalar),
    [SHAPE_COOKIE] = SAID(scalar),
    [SHAPE_TEXT] = SAID(in) | SAID(out) | SAID(opt) | SAID(cstr) | SAID(lent),
    [SHAPE_OBJECTS] = SAID(in) | SAID(out) | SAID(inout) | SAID(opt) | SAID(len) | SAID(bytes) |
                      SAID(cap) | SAID(written) | SAID(lent),
    [SHAPE_HANDLE] = SAID(in) | SAID(out) | SAID(opt) | SAID(handle) | SAID(new) | SAID(del),
    [SHAPE_CALLBACK] = SAID(opt) | SAID(cb) | SAID(kept) | SAID(del),
    [SHAPE_HELD] = SAID(in) | SAID(len) | SAID(bytes),
    [SHAPE_USER] = SAID(scalar),
    [SHAPE_RECORD] = 0,
    [SHAPE_ARRAY] = UINT32_MAX, /* it is said of what is in it */
    [SHAPE_UNION] = SAID(switch),
    [SHAPE_BYTES] = 0,
};

bool plan_fits(plan *p, const plan_item *item)
{
    uint32_t rest = item->notes.said & ~fitting[item->shape];
    for (unsigned i = 0; i < WORD_LEN; i++)
        if (rest >> i & 1)
            return plan_fault(p, item->place, "'%s' is '%s', of which '%s' says nothing",
                              item->label, item->guest->text, annotation_word_name(i));
    return true;
}

/* ------------------------------------------------------------------ counts */

static const plan_item *find(const plan_scope *scope, const char *name, const char **path,
                             wisp_arena *arena)
{
    for (; scope; scope = scope->outer)
        for (size_t i = 0; i < scope->len; i++)
            if (strcmp(scope->items[i].name, name) == 0) {
                *path = take_print(arena, "%s%s", scope->prefix, name);
                return &scope->items[i];
            }
    return NULL;
}

static bool is_integer(const c_type *type)
{
    return type->kind == C_INT || type->kind == C_ENUM || type->kind == C_BOOL;
}

static bool resolve(plan *p, const plan_item *of, count *c, const plan_scope *scope)
{
    const plan_item *item = find(scope, c->text, &c->text, p->arena);
    if (!item)
        return plan_fault(p, of->place, "'%s': there is no '%s' beside it to count by", of->label,
                          c->text);
    const c_type *type = item->host;
    if (c->kind == COUNT_TARGET)
        type = scope->is_function && type->kind == C_POINTER &&
                       !annotation_says(&item->notes, WORD_scalar)
                   ? type->of
                   : NULL;
    if (!type || !is_integer(type))
        return plan_fault(p, of->place, "'%s': '%s' is '%s', expected %s to count by", of->label,
                          item->label, item->host->text,
                          c->kind == COUNT_NAME ? "an integer" : "a pointer to an integer");
    return true;
}

const count *plan_count(plan *p, const plan_item *of, const count *from, const plan_scope *scope)
{
    count *c = take(p->arena, 1, sizeof *c);
    *c = *from;
    if (c->kind == COUNT_NAME || c->kind == COUNT_TARGET)
        return resolve(p, of, c, scope) ? c : NULL;
    if (from->left)
        c->left = plan_count(p, of, from->left, scope);
    if (from->right)
        c->right = plan_count(p, of, from->right, scope);
    return (from->left && !c->left) || (from->right && !c->right) ? NULL : c;
}

static const char *const counting[] = {"count", "len", "size", "num", "cap", "max", "bytes"};

bool plan_begins_count(const char *name)
{
    for (size_t i = 0; i < sizeof counting / sizeof *counting; i++)
        if (strncasecmp(name, counting[i], strlen(counting[i])) == 0)
            return true;
    return false;
}

bool plan_seems_count(const char *name)
{
    for (const char *at = name; *at; at++)
        if (plan_begins_count(at))
            return true;
    return strcmp(name, "n") == 0;
}

/* ------------------------------------------------------------------ the whole */

static void tell_unused_notes(plan *p)
{
    for (size_t i = 0; i < p->notes->len; i++) {
        const struct sidecar_line *line = &p->notes->lines[i];
        if (!line->is_used)
            plan_fault(p, (c_place){p->notes->path, line->line},
                       "'%s' is no function, parameter or field that is bound", line->name);
    }
}

static bool is_named(const c_header *header, const char *name, const c_function **out)
{
    for (size_t i = 0; i < header->function_len; i++)
        if (strcmp(header->functions[i].name, name) == 0) {
            *out = &header->functions[i];
            return true;
        }
    return false;
}

static void add_function(plan *p, const c_function *guest)
{
    const c_function *host;
    annotation notes;
    unsigned faults = p->faults;
    if (!plan_notes(p, guest->place, guest->annotation, guest->name, NULL, &notes)) {
        p->refused++;
    } else if (annotation_says(&notes, WORD_skip)) {
        p->skipped++;
    } else if (!is_named(p->host, guest->name, &host)) {
        plan_fault(p, guest->place, "'%s' is declared for modules and not for the program",
                   guest->name);
        p->refused++;
    } else {
        plan_function *f = plan_imported(p, guest, host, &notes);
        if (p->faults == faults)
            plan_add(p, &p->functions, f);
        else
            p->refused++;
    }
}

/* A function that ends an object of a handle's type, and wants nothing else, does so for a
 * module that does not. */
static void find_releases(plan *p)
{
    for (size_t i = 0; i < p->functions.len; i++) {
        const plan_function *f = p->functions.items[i];
        const plan_item *param = f->params;
        if (f->param_len == 1 && param->shape == SHAPE_HANDLE &&
            annotation_says(&param->notes, WORD_del))
            param->handle->release = f->name;
    }
}

void plan_make(plan *p)
{
    for (size_t i = 0; i < p->guest->function_len; i++)
        add_function(p, &p->guest->functions[i]);
    find_releases(p);
    plan_uses(p);
    tell_unused_notes(p);
}
