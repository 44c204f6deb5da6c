#include "plan.h"

#include "../take.h"

#include <string.h>
#include <strings.h>

/* What a pointer is: by its annotations first, and by its type where that leaves no doubt. */

static const c_type byte = {
    .kind = C_INT, .text = "uint8_t", .name = "uint8_t", .size = 1, .alignment = 1};

static bool is_character(const c_type *type)
{
    return type->kind == C_INT && type->size == 1;
}

/* Names that are given to what only comes back to who gave it. Others that would do, such as
 * "context", are also given to what is followed, which a module must not say where it lies. */
static bool seems_cookie(const char *name)
{
    static const char *const words[] = {"cookie", "user", "user_data", "userdata", "userData"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(name, words[i]) == 0)
            return true;
    return false;
}

/* What is left of [text] after [start], whatever the case of letters and without '_' between the
 * two; NULL if it does not begin so. */
static const char *rest_after(const char *text, const char *start, size_t size)
{
    if (strncasecmp(text, start, size) != 0)
        return NULL;
    return text[size] == '_' ? text + size + 1 : text + size;
}

/* "labelCount", "labels_len" or "num_labels" for "labels". */
static bool is_named_after(const char *number, const char *pointer)
{
    size_t size = strlen(pointer);
    const char *rest = rest_after(number, pointer, size);
    if (!rest && size > 1 && pointer[size - 1] == 's')
        rest = rest_after(number, pointer, size - 1);
    if (rest && plan_begins_count(rest))
        return true;
    rest = rest_after(number, "num", 3);
    return rest && strncasecmp(rest, pointer, size) == 0;
}

/* The integer beside [item] that seems to count what it points at; NULL where none does. */
static const char *seeming_count(const plan_item *item, plan_role role, const plan_scope *scope)
{
    for (size_t i = 0; scope && i < scope->len; i++) {
        const plan_item *other = &scope->items[i];
        bool is_next = role == ROLE_PARAM && i > 0 && &scope->items[i - 1] == item;
        if (other->guest->kind == C_INT && ((is_next && plan_seems_count(other->name)) ||
                                            is_named_after(other->name, item->name)))
            return other->name;
    }
    return NULL;
}

/* ------------------------------------------------------------------ shapes */

static bool plan_text(plan *p, plan_item *item)
{
    const c_type *pointee = item->guest->of;
    item->shape = SHAPE_TEXT;
    if (item->way == WAY_OUT && pointee->kind == C_POINTER)
        pointee = pointee->of;
    if (!is_character(pointee))
        return plan_fault(p, item->place, "'%s' is '%s', expected characters for cstr",
                          item->label, item->guest->text);
    if (item->way != WAY_IN && pointee == item->guest->of)
        return plan_fault(p, item->place,
                          "'%s' is a text that is written: annotate it with out, len(…)",
                          item->label);
    return true;
}

/* The kind [name] of objects of [type]; NULL after a fault. "void *" may point at any. */
static plan_handle *find_handle(plan *p, const plan_item *of, const char *name,
                                const c_type *type)
{
    for (size_t i = 0; i < p->handles.len; i++) {
        plan_handle *handle = p->handles.items[i];
        if (strcmp(handle->name, name) != 0)
            continue;
        if (handle->type->kind == C_VOID)
            handle->type = type;
        if (type->kind == C_VOID || type->record == handle->type->record)
            return handle;
        plan_fault(p, of->place, "'%s' is a '%s', and handle(%s) is a '%s' elsewhere", of->label,
                   type->text, name, handle->type->text);
        return NULL;
    }
    plan_handle *handle = take(p->arena, 1, sizeof *handle);
    handle->name = name;
    handle->type = type;
    plan_add(p, &p->handles, handle);
    return handle;
}

static bool plan_handle_of(plan *p, plan_item *item, plan_role role)
{
    const annotation *n = &item->notes;
    const c_type *object = item->guest->of;
    bool is_placed = object->kind == C_POINTER; /* where to put one: struct db ** */
    if (is_placed)
        object = object->of;
    const char *name = n->handle && n->handle[0] ? n->handle : object->name;
    item->shape = SHAPE_HANDLE;
    if (object->kind != C_RECORD && object->kind != C_VOID)
        return plan_fault(p, item->place, "'%s' is '%s', expected a pointer to a struct or void",
                          item->label, item->guest->text);
    if (object->kind == C_VOID && !(n->handle && n->handle[0]))
        return plan_fault(p, item->place, "'%s' is '%s', a handle to what? handle(name)",
                          item->label, item->guest->text);
    if ((is_placed || role == ROLE_RESULT) && !n->handle)
        return plan_fault(p, item->place,
                          "'%s' gives a '%s', which the module may keep for how long? Annotate "
                          "it with new, if it is to be ended, or handle, if it is not",
                          item->label, object->text);
    if (annotation_says(n, WORD_new) && !is_placed && role != ROLE_RESULT)
        return plan_fault(p, item->place, "'%s' is '%s', and nothing new can come by it",
                          item->label, item->guest->text);
    item->way = is_placed ? WAY_OUT : WAY_IN;
    item->handle = find_handle(p, item, name, object);
    return item->handle != NULL;
}

static const count *make_number(plan *p, uint64_t number)
{
    count *made = take(p->arena, 1, sizeof *made);
    made->text = take_print(p->arena, "%llu", (unsigned long long)number);
    return made;
}

static bool plan_objects(plan *p, plan_item *item, const plan_scope *scope)
{
    const annotation *n = &item->notes;
    const c_type *guest = item->guest->of, *host = item->host->of;
    item->shape = SHAPE_OBJECTS;
    if (guest->kind == C_VOID)
        guest = host = &byte;
    if (n->len && n->len_is_bytes && guest->size != 1)
        return plan_fault(p, item->place, "'%s' has elements of '%s': count them by len(…)",
                          item->label, guest->text);
    if (n->len && !(item->len = plan_count(p, item, n->len, scope)))
        return false;
    if (item->guest->kind == C_ARRAY && !n->len)
        item->len = make_number(p, item->guest->len);
    if (n->written && !item->len)
        return plan_fault(p, item->place, "'%s' has written(…) without len(…)", item->label);
    if (n->written && !(item->written = plan_count(p, item, n->written, scope)))
        return false;
    item->element = plan_element_of(p, item, guest, host);
    if (!item->element)
        return false;
    if (item->way == WAY_INOUT && item->element->has_pointers)
        return plan_fault(p, item->place, "'%s' has pointers in it, and cannot be inout",
                          item->label);
    return true;
}

/* ------------------------------------------------------------------ the decision */

static bool refuse(plan *p, const plan_item *item, plan_role role, const plan_scope *scope)
{
    const char *number = seeming_count(item, role, scope);
    const char *type = item->guest->text;
    if (number)
        return plan_fault(p, item->place,
                          "'%s' is '%s' beside '%s': annotate it with len(%s), or in, out or "
                          "cstr if '%s' does not count it",
                          item->label, type, number, number, number);
    if (item->guest->of->kind == C_VOID)
        return plan_fault(p, item->place,
                          "'%s' is '%s': annotate it with bytes(…), handle(name), or scalar if "
                          "it is not followed",
                          item->label, type);
    return plan_fault(p, item->place,
                      "'%s' is '%s', one or many? Annotate it with len(…), or len(1)",
                      item->label, type);
}

/* Whether type and names leave no doubt that it points at one. */
static bool is_surely_one(const plan_item *item, plan_role role, const plan_scope *scope)
{
    const c_type *pointee = item->guest->of;
    if (item->notes.way)
        return pointee->kind != C_VOID && !is_character(pointee);
    if (role == ROLE_FIELD || seeming_count(item, role, scope))
        return false;
    if (pointee->kind == C_RECORD)
        return true;
    return role == ROLE_PARAM && !pointee->is_const && !is_character(pointee) &&
           pointee->kind >= C_BOOL && pointee->kind <= C_ENUM;
}

bool plan_pointer(plan *p, plan_item *item, plan_role role, const plan_scope *scope)
{
    const annotation *n = &item->notes;
    const c_type *pointee = item->guest->of;
    item->way = n->way ? n->way : pointee->is_const || role != ROLE_PARAM ? WAY_IN : WAY_OUT;
    item->shape = SHAPE_COOKIE;
    if (item->guest->kind == C_ARRAY && !n->len)
        return plan_objects(p, item, scope);
    if (annotation_says(n, WORD_scalar))
        return true;
    if (pointee->kind == C_FUNCTION)
        return plan_fault(p, item->place,
                          "'%s' is a function in a struct: annotate it with scalar if it is not "
                          "called, or the functions that need the struct with skip",
                          item->label);
    if (n->handle || (pointee->kind == C_RECORD && !pointee->record->is_whole))
        return plan_handle_of(p, item, role);
    if (annotation_says(n, WORD_cstr))
        return plan_text(p, item);
    if (n->len)
        return plan_objects(p, item, scope);
    if (pointee->kind == C_VOID && seems_cookie(item->name))
        return true;
    if (is_character(pointee) && pointee->is_const && strcmp(pointee->text, "char") == 0 &&
        !n->way && !seeming_count(item, role, scope))
        return plan_text(p, item);
    if (pointee->kind != C_POINTER && is_surely_one(item, role, scope))
        return plan_objects(p, item, scope);
    return refuse(p, item, role, scope);
}
