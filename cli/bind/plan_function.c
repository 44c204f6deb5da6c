#include "plan.h"

#include "../take.h"

#include <string.h>

static const c_type *function_type(const c_type *type)
{
    if (type->kind == C_POINTER)
        type = type->of;
    return type->kind == C_FUNCTION ? type : NULL;
}

static bool plan_params(plan *p, plan_function *f, const c_signature *guest,
                        const c_signature *host);

/* ------------------------------------------------------------------ callbacks */

/* The parameter that brings back what the module has left with its function: the one "void *"
 * of which nothing else is said. */
static bool find_user(plan *p, const plan_item *item, plan_callback *callback)
{
    size_t found = 0;
    for (size_t i = 0; i < callback->function.param_len; i++) {
        plan_item *param = &callback->function.params[i];
        if (param->shape != SHAPE_USER)
            continue;
        callback->user_at = i;
        found++;
    }
    return found == 1 ||
           plan_fault(p, item->place,
                      "'%s' is '%s': expected one parameter 'void *' that brings back what goes "
                      "with it, found %zu; annotate the others in '%s' with scalar",
                      item->label, item->guest->text, found, callback->function.owner);
}

static plan_callback *find_callback(const plan *p, const char *owner, lifetime life, bool is_held)
{
    for (size_t i = 0; i < p->callbacks.len; i++) {
        plan_callback *callback = p->callbacks.items[i];
        if (strcmp(callback->function.owner, owner) == 0 && callback->life == life &&
            callback->is_held == is_held)
            return callback;
    }
    return NULL;
}

/* The functions that [item] can be, by the name of their type or, where it has none, of the
 * parameter. */
static bool plan_callback_of(plan *p, plan_item *item, const plan_function *of)
{
    const c_type *guest = function_type(item->guest), *host = function_type(item->host);
    const char *type = guest->name[0] ? guest->name
                       : item->guest->name[0]
                           ? item->guest->name
                           : take_print(p->arena, "%s.%s", of->name, item->name);
    bool is_held = of->params[item->partner].shape == SHAPE_HELD;
    item->callback = find_callback(p, type, item->notes.life, is_held);
    if (item->callback)
        return true;
    plan_callback *callback = take(p->arena, 1, sizeof *callback);
    plan_function *f = &callback->function;
    f->owner = type;
    f->name = take_print(p->arena, "%s_%s", of->name, item->name);
    f->place = item->place;
    f->is_callback = true;
    callback->life = item->notes.life;
    callback->is_held = is_held;
    if (!plan_params(p, f, guest->signature, host->signature) || !find_user(p, item, callback))
        return false;
    item->callback = callback;
    plan_add(p, &p->callbacks, callback);
    return true;
}

static size_t find_param(const plan_function *f, const char *name)
{
    for (size_t i = 0; i < f->param_len; i++)
        if (strcmp(f->params[i].name, name) == 0)
            return i;
    return SIZE_MAX;
}

/* Pairs [item], parameter [at] of [f], with the parameter that goes with it. */
static bool plan_partner(plan *p, plan_function *f, size_t at)
{
    plan_item *item = &f->params[at];
    if (!item->notes.life)
        return plan_fault(p, item->place,
                          "'%s' is '%s': annotate it with cb(once|many|scope, user=parameter)",
                          item->label, item->guest->text);
    if (!item->notes.user)
        return plan_fault(
            p, item->place,
            "'%s' is a callback without user=parameter, and nothing else would tell "
            "one from another",
            item->label);
    size_t partner = find_param(f, item->notes.user);
    plan_item *user = partner == SIZE_MAX ? NULL : &f->params[partner];
    if (!user || user->guest->kind != C_POINTER || user->guest->of->kind != C_VOID)
        return plan_fault(p, item->place, "'%s' goes with '%s', which is no 'void *' beside it",
                          item->label, item->notes.user);
    if (user->shape != SHAPE_NOTHING)
        return plan_fault(p, item->place, "'%s' goes with '%s', as another function does",
                          item->label, item->notes.user);
    item->shape = SHAPE_CALLBACK;
    item->partner = partner;
    user->shape = user->notes.len ? SHAPE_HELD : SHAPE_USER;
    user->partner = at;
    if (user->shape == SHAPE_HELD && item->notes.life != LIFE_ONCE)
        return plan_fault(p, user->place, "'%s' goes with '%s', which must be cb(once, …)",
                          user->label, item->label);
    return true;
}

/* ------------------------------------------------------------------ parameters */

/* [type] is one that a function can have whatever is said of it, and not a pointer. */
static bool plan_plain(plan *p, plan_item *item)
{
    switch (item->guest->kind) {
    case C_BOOL:
    case C_INT:
    case C_ENUM:
    case C_FLOAT:
        item->shape = SHAPE_VALUE;
        return true;
    case C_VOID:
        item->shape = SHAPE_NOTHING;
        return true;
    case C_RECORD:
        return plan_fault(p, item->place,
                          "'%s' is '%s', a struct itself; a pointer to one could be bound",
                          item->label, item->guest->text);
    default:
        return plan_fault(p, item->place, "'%s' is '%s', which modules cannot have", item->label,
                          item->guest->text);
    }
}

static bool plan_param(plan *p, plan_function *f, size_t at)
{
    plan_item *item = &f->params[at];
    const plan_scope scope = {f->params, f->param_len, "p_", true, NULL};
    if (item->shape == SHAPE_USER)
        return true;
    if (item->shape == SHAPE_HELD)
        return (item->len = plan_count(p, item, item->notes.len, &scope)) != NULL;
    if (function_type(item->guest) && f->is_callback)
        return plan_fault(p, item->place,
                          "'%s' is a function, which cannot be handed to a module", item->label);
    if (function_type(item->guest))
        return plan_callback_of(p, item, f);
    if (item->guest->kind != C_POINTER && item->guest->kind != C_ARRAY)
        return plan_plain(p, item);
    if (f->is_callback && item->guest->of->kind == C_VOID &&
        !annotation_says(&item->notes, WORD_scalar) && !item->notes.len && !item->notes.handle) {
        item->shape = SHAPE_USER;
        return true;
    }
    if (!plan_pointer(p, item, ROLE_PARAM, &scope))
        return false;
    if (f->is_callback && item->way != WAY_IN &&
        (item->shape != SHAPE_OBJECTS || item->element->has_pointers))
        return plan_fault(p, item->place,
                          "'%s' gets pointers from the module, which end with the call",
                          item->label);
    return true;
}

static bool plan_result(plan *p, plan_function *f)
{
    plan_item *result = &f->result;
    const plan_scope scope = {f->params, f->param_len, "p_", true, NULL};
    if (result->guest->kind != C_POINTER)
        return plan_plain(p, result);
    if (f->is_callback && !annotation_says(&result->notes, WORD_scalar))
        return plan_fault(p, result->place, "'%s' returns '%s', which a module's function cannot",
                          f->owner, result->guest->text);
    if (function_type(result->guest) && !annotation_says(&result->notes, WORD_scalar))
        return plan_fault(p, result->place, "'%s' returns a function, which modules cannot call",
                          f->owner);
    return plan_pointer(p, result, ROLE_RESULT, &scope);
}

/* Fills params, whose notes must all be known before one of them is decided. */
static bool plan_params(plan *p, plan_function *f, const c_signature *guest,
                        const c_signature *host)
{
    bool is_good = true;
    f->param_len = guest->param_len;
    f->params = take(p->arena, guest->param_len + 1, sizeof *f->params);
    if (guest->is_variadic)
        return plan_fault(p, f->place,
                          "'%s' takes any arguments, which cannot be bound: "
                          "annotate it with skip",
                          f->owner);
    if (guest->param_len != host->param_len)
        return plan_fault(p, f->place, "'%s' is not the same for modules and the program",
                          f->owner);
    for (size_t i = 0; i < f->param_len; i++) {
        plan_item *item = &f->params[i];
        is_good &= plan_pair(p, item, &guest->params[i], &host->params[i], f->owner);
        if (!item->place.file)
            item->place = f->place;
        if (!item->name[0])
            item->name = take_print(p->arena, "_%zu", i);
        is_good &= plan_notes(p, item->place, guest->params[i].annotation, f->owner, item->name,
                              &item->notes);
    }
    for (size_t i = 0; i < f->param_len && is_good && !f->is_callback; i++)
        if (function_type(f->params[i].guest))
            is_good &= plan_partner(p, f, i);
    for (size_t i = 0; i < f->param_len && is_good; i++)
        is_good &= plan_param(p, f, i) && plan_fits(p, &f->params[i]);
    const c_member guest_result = {"result", guest->result, "", f->place, 0, 0};
    const c_member host_result = {"result", host->result, "", f->place, 0, 0};
    is_good = is_good && plan_pair(p, &f->result, &guest_result, &host_result, f->owner);
    f->result.label = f->owner; /* what is said of a function is said of its result */
    for (size_t i = 0; i < f->param_len && is_good; i++)
        if (f->params[i].notes.kept && f->result.guest->kind == C_VOID)
            return plan_fault(p, f->place,
                              "'%s' returns nothing that could say whether '%s' is kept",
                              f->owner, f->params[i].name);
    return is_good && plan_result(p, f) && plan_fits(p, &f->result);
}

plan_function *plan_imported(plan *p, const c_function *guest, const c_function *host,
                             const annotation *notes)
{
    plan_function *f = take(p->arena, 1, sizeof *f);
    f->name = f->owner = guest->name;
    f->place = guest->place;
    f->result.notes = *notes;
    plan_params(p, f, guest->signature, host->signature);
    return f;
}
