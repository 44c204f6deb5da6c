#include "emit.h"

#include "../take.h"

#include <stdlib.h>
#include <string.h>

/* The functions that modules import, and those that stand for functions of modules. */

static const char *letter(const c_type *guest)
{
    switch (guest->kind) {
    case C_VOID:
        return "";
    case C_FLOAT:
        return guest->size == 8 ? "F" : "f";
    case C_POINTER:
    case C_ARRAY:
        return "i";
    default:
        return guest->size == 8 ? "I" : "i";
    }
}

/* "(iI)i" */
static const char *signature(const emitter *e, const plan_function *f)
{
    char *text = take(e->arena, f->param_len + 4, 1);
    strcat(text, "(");
    for (size_t i = 0; i < f->param_len; i++)
        strcat(text, letter(f->params[i].guest));
    strcat(text, ")");
    return strcat(text, letter(f->result.guest));
}

/* The member of a wisp_value's [of]. */
static const char *value_member(const c_type *guest)
{
    static const char *const members[] = {
        ['i'] = "i32", ['I'] = "i64", ['f'] = "f32", ['F'] = "f64"};
    return members[(unsigned char)letter(guest)[0]];
}

/* Parameter [at] as the module gave it. */
static const char *argument(const emitter *e, const plan_function *f, size_t at)
{
    return take_print(e->arena, "args[%zu].of.%s", at, value_member(f->params[at].guest));
}

static const char *address(const emitter *e, size_t at)
{
    return take_print(e->arena, "(uint32_t)args[%zu].of.i32", at);
}

static const char *variable(const emitter *e, const plan_item *item)
{
    return take_print(e->arena, "p_%s", item->name);
}

static const char *optional(const plan_item *item)
{
    return c_bool(annotation_says(&item->notes, WORD_opt));
}

/* ------------------------------------------------------------------ before the call */

/* How many elements there is room for. */
static const char *room_of(const emitter *e, const plan_item *item)
{
    return item->len ? take_print(e->arena, "n_%s", item->name) : "1";
}

static void take_objects(emitter *e, const plan_item *item, size_t at)
{
    const plan_element *element = item->element;
    const char *name = variable(e, item), *len = c_len(e, item, "");
    const char *declared = take_print(e->arena, "%s*%s", c_declare(e, element->host, ""), name);
    if (item->way != WAY_IN && item->len) { /* the function may change what it was counted by */
        emit(e, "uint64_t n_%s = %s;", item->name, len);
        len = room_of(e, item);
    }
    if (item->way == WAY_IN || !element->has_pointers)
        emit(e, "%s = %s;", declared, c_get(e, item, item->name, address(e, at), len));
    else
        emit(e, "%s = wisp_bind_room(call, \"%s\", %s, %s, %u, %u, sizeof *%s, %s);", declared,
             item->name, address(e, at), len, element->guest->size, element->guest->alignment,
             name, optional(item));
}

/* Room for one pointer, to which the function writes. */
static void take_place(emitter *e, const plan_item *item, size_t at)
{
    emit(e, "%s = wisp_bind_room(call, \"%s\", %s, 1, 4, 4, sizeof(void *), %s);",
         c_declare(e, item->host, variable(e, item)), item->name, address(e, at), optional(item));
}

static const char *const lives[] = {[LIFE_ONCE] = "WISP_BIND_ONCE",
                                    [LIFE_MANY] = "WISP_BIND_MANY",
                                    [LIFE_SCOPE] = "WISP_BIND_SCOPE"};

static void take_callback(emitter *e, const plan_function *f, const plan_item *item, size_t at)
{
    const plan_item *partner = &f->params[item->partner];
    const char *user = variable(e, partner);
    if (partner->shape == SHAPE_HELD)
        emit(e, "void *%s = wisp_bind_hold(call, \"%s\", \"%s\", %s, %s, %s, %s);", user,
             partner->name, signature(e, &item->callback->function), address(e, at),
             address(e, item->partner), c_len(e, partner, ""), optional(item));
    else if (annotation_says(&item->notes, WORD_del))
        emit(e, "void *%s = wisp_bind_ticket_end(call, \"%s\", %s, %s);", user, item->name,
             address(e, at), address(e, item->partner));
    else
        emit(e, "void *%s = wisp_bind_ticket_new(call, \"%s\", \"%s\", %s, %s, %s, %s);", user,
             item->name, signature(e, &item->callback->function), lives[item->callback->life],
             address(e, at), address(e, item->partner), optional(item));
}

static void take_param(emitter *e, const plan_function *f, size_t at)
{
    const plan_item *item = &f->params[at];
    const char *declared = c_declare(e, item->host, variable(e, item));
    switch (item->shape) {
    case SHAPE_VALUE:
        emit(e, "%s = %s;", declared,
             c_number_to_host(e, item->name, item->guest, item->host, argument(e, f, at)));
        break;
    case SHAPE_COOKIE:
        emit(e, "%s = (void *)(uintptr_t)%s;", declared, address(e, at));
        break;
    case SHAPE_TEXT:
        if (item->way == WAY_OUT)
            take_place(e, item, at);
        else
            emit(e, "%s = wisp_bind_text(call, \"%s\", %s, %s, %s);", declared, item->name,
                 address(e, at), item->notes.text_max ? item->notes.text_max : "0",
                 optional(item));
        break;
    case SHAPE_OBJECTS:
        take_objects(e, item, at);
        break;
    case SHAPE_HANDLE:
        if (item->way == WAY_OUT)
            take_place(e, item, at);
        else
            emit(e, "%s = wisp_bind_handle(call, \"%s\", &type_%s, %s, %s);", declared,
                 item->name, item->handle->name, address(e, at), optional(item));
        break;
    case SHAPE_CALLBACK:
        take_callback(e, f, item, at);
        break;
    default:
        break;
    }
}

/* Numbers first, then what is counted by none, then what may be, then what must be given back if
 * another is at fault. */
static int turn_of(const plan_item *item)
{
    if (item->shape == SHAPE_VALUE || item->shape == SHAPE_COOKIE)
        return 0;
    if (item->shape == SHAPE_CALLBACK)
        return 3;
    return item->len ? 2 : 1;
}

static void take_params(emitter *e, const plan_function *f)
{
    for (int turn = 0; turn <= 3; turn++)
        for (size_t i = 0; i < f->param_len; i++)
            if (turn_of(&f->params[i]) == turn)
                take_param(e, f, i);
}

/* ------------------------------------------------------------------ the call */

static void end_handles(emitter *e, const plan_function *f)
{
    for (size_t i = 0; i < f->param_len; i++)
        if (f->params[i].shape == SHAPE_HANDLE && annotation_says(&f->params[i].notes, WORD_del))
            emit(e, "wisp_bind_handle_end(call, %s);", address(e, i));
}

static void emit_call(emitter *e, const plan_function *f)
{
    char *list = take_text(e->arena, "", 0);
    for (size_t i = 0; i < f->param_len; i++) {
        const plan_item *item = &f->params[i];
        const char *text = variable(e, item);
        if (item->shape == SHAPE_CALLBACK && annotation_says(&item->notes, WORD_del))
            text = take_print(e->arena, "thunk_%s", item->callback->function.name);
        else if (item->shape == SHAPE_CALLBACK)
            text =
                take_print(e->arena, "%s ? thunk_%s : NULL",
                           variable(e, &f->params[item->partner]), item->callback->function.name);
        list = take_print(e->arena, "%s%s%s", list, i ? ", " : "", text);
    }
    const char *target =
        f->result.guest->kind == C_VOID
            ? ""
            : take_print(e->arena, "%s = ", c_declare(e, f->result.host, "returned"));
    emit(e, "%s%s(%s);", target, f->name, list);
}

/* ------------------------------------------------------------------ after the call */

static const char *handle_to(const emitter *e, const plan_item *item, const char *object)
{
    return take_print(e->arena, "wisp_bind_handle_to(call, \"%s\", &type_%s, %s, %s)", item->name,
                      item->handle->name, object,
                      c_bool(annotation_says(&item->notes, WORD_new)));
}

static const char *lend_string(const emitter *e, const plan_item *item, const char *text,
                               bool for_good)
{
    return take_print(e->arena, "wisp_bind_lend_text(call, \"%s\", %s, %s)", item->name, text,
                      c_bool(for_good));
}

static void give_objects(emitter *e, const plan_item *item, size_t at)
{
    const char *len = room_of(e, item);
    if (item->written)
        emit(e, "%s = wisp_bind_least(%s, %s);", len, c_count(e, item->written, ""), len);
    emit(e, "%s;", c_store(e, item, item->name, address(e, at), variable(e, item), len));
}

/* What the function has written, back to the module. */
static void give_param(emitter *e, const plan_item *item, size_t at)
{
    const char *name = variable(e, item), *number = NULL;
    if (item->way == WAY_IN)
        return;
    if (item->shape == SHAPE_OBJECTS)
        give_objects(e, item, at);
    else if (item->shape == SHAPE_TEXT)
        number = lend_string(e, item, take_print(e->arena, "*%s", name),
                             item->notes.lent != LENT_EVENT);
    else if (item->shape == SHAPE_HANDLE)
        number = handle_to(e, item, take_print(e->arena, "*%s", name));
    if (!number)
        return;
    emit(e, "if (%s)", name);
    emit(e, "    wisp_bind_store_u32(call, \"%s\", %s, %s);", item->name, address(e, at), number);
}

static void give_result(emitter *e, const plan_item *item)
{
    const char *number;
    switch (item->shape) {
    case SHAPE_VALUE:
        number = c_number_to_guest(e, "result", item->guest, item->host, "returned");
        break;
    case SHAPE_COOKIE:
        number = "wisp_bind_unsigned(call, \"result\", (uintptr_t)returned, 32)";
        break;
    case SHAPE_TEXT:
        number = lend_string(e, item, "returned", item->notes.lent != LENT_EVENT);
        break;
    case SHAPE_OBJECTS:
        number = c_lend(e, item, "result", "returned", c_len(e, item, ""));
        break;
    case SHAPE_HANDLE:
        number = handle_to(e, item, "returned");
        break;
    default:
        return;
    }
    if (item->guest->kind == C_FLOAT)
        emit(e, "result->of.%s = %s;", value_member(item->guest), number);
    else
        emit(e, "result->of.%s = %s;", value_member(item->guest),
             c_cast(e, item->guest->size == 8 ? "int64_t" : "int32_t", number));
}

/* A function that did not keep the callback has said so. */
static void take_back(emitter *e, const plan_item *item)
{
    if (item->notes.kept == KEPT_ALWAYS)
        return;
    emit(e, item->notes.kept == KEPT_ZERO ? "if (returned)" : "if (!returned)");
    emit(e, "    wisp_bind_take_back(call);");
}

static void emit_import_body(emitter *e, const plan_function *f)
{
    take_params(e, f);
    emit(e, "if (!wisp_bind_is_ready(call))");
    emit(e, "    return;");
    end_handles(e, f);
    emit_call(e, f);
    for (size_t i = 0; i < f->param_len; i++)
        give_param(e, &f->params[i], i);
    for (size_t i = 0; i < f->param_len; i++)
        take_back(e, &f->params[i]);
    give_result(e, &f->result);
}

static void emit_import(emitter *e, const plan_function *f)
{
    char *text = NULL;
    size_t size;
    FILE *out = e->out;
    emit(e,
         "static void call_%s(wisp_bind_call *call, const wisp_value *args, "
         "wisp_value *result)",
         f->name);
    emit_open(e);
    e->out = open_memstream(&text, &size);
    emit_import_body(e, f);
    fclose(e->out);
    e->out = out;
    if (f->param_len == 0)
        emit(e, "(void)args;");
    if (f->result.shape == SHAPE_NOTHING)
        emit(e, "(void)result;");
    fputs(text, out);
    free(text);
    emit_close(e);
    emit_blank(e);
}

/* ------------------------------------------------------------------ callbacks */

/* The number that the module gets for parameter [item] of its function. */
static const char *callback_number(const emitter *e, const plan_item *item)
{
    const char *name = variable(e, item);
    switch (item->shape) {
    case SHAPE_VALUE:
        return c_number_to_guest(e, item->name, item->guest, item->host, name);
    case SHAPE_COOKIE:
        return take_print(e->arena, "wisp_bind_unsigned(call, \"%s\", (uintptr_t)%s, 32)",
                          item->name, name);
    case SHAPE_TEXT:
        return lend_string(e, item, name, item->notes.lent == LENT_STATIC);
    case SHAPE_OBJECTS:
        return c_lend(e, item, item->name, name, c_len(e, item, ""));
    case SHAPE_HANDLE:
        return handle_to(e, item, name);
    default:
        return "wisp_bind_user(call)";
    }
}

static const char *callback_argument(const emitter *e, const plan_item *item)
{
    const char *number = callback_number(e, item), *member = value_member(item->guest);
    if (item->guest->kind == C_FLOAT)
        return take_print(e->arena, "wisp_%s(%s)", member, number);
    return take_print(e->arena, "wisp_%s(%s)", member,
                      c_cast(e, member[1] == '6' ? "int64_t" : "int32_t", number));
}

/* What the module has written, back to the program. */
static void give_back(emitter *e, const plan_item *item, size_t at)
{
    if (item->shape != SHAPE_OBJECTS || item->way == WAY_IN)
        return;
    const char *name = variable(e, item), *len = c_len(e, item, "");
    emit(e, "%s*n_%s = %s;", c_declare(e, item->element->host, ""), item->name,
         c_get(e, item, item->name, address(e, at), len));
    emit(e, "if (n_%s && wisp_bind_is_ready(call))", item->name);
    emit(e, "    memcpy(%s, n_%s, %s * sizeof *%s);", name, item->name, len, name);
}

static bool gives_back(const plan_function *f)
{
    for (size_t i = 0; i < f->param_len; i++)
        if (f->params[i].shape == SHAPE_OBJECTS && f->params[i].way != WAY_IN)
            return true;
    return false;
}

static const char *zero_of(const emitter *e, const c_type *guest)
{
    return take_print(e->arena, "wisp_%s(0)", value_member(guest));
}

static void emit_run(emitter *e, const plan_function *f)
{
    const c_type *guest = f->result.guest;
    bool has_result = guest->kind != C_VOID;
    const char *run = take_print(e->arena, "wisp_bind_run(call, args, %zu, %s)", f->param_len,
                                 has_result ? "&result" : "NULL");
    if (has_result)
        emit(e, "wisp_value result = %s;", zero_of(e, guest));
    if (!has_result && !gives_back(f)) {
        emit(e, "%s;", run);
        return;
    }
    emit(e, "if (%s) {", run);
    e->depth++;
    if (has_result)
        emit(e, "returned = %s;",
             c_number_to_host(e, "result", guest, f->result.host,
                              take_print(e->arena, "result.of.%s", value_member(guest))));
    for (size_t i = 0; i < f->param_len; i++)
        give_back(e, &f->params[i], i);
    emit_close(e);
}

static const char *thunk_params(const emitter *e, const plan_function *f)
{
    char *list = take_text(e->arena, "", 0);
    for (size_t i = 0; i < f->param_len; i++)
        list = take_print(e->arena, "%s%s%s", list, i ? ", " : "",
                          c_declare(e, f->params[i].host, variable(e, &f->params[i])));
    return list;
}

static void emit_thunk(emitter *e, const plan_callback *callback)
{
    const plan_function *f = &callback->function;
    bool has_result = f->result.guest->kind != C_VOID;
    emit(e, "static %s(%s)",
         c_declare(e, f->result.host, take_print(e->arena, "thunk_%s", f->name)),
         thunk_params(e, f));
    emit_open(e);
    emit(e, "wisp_bind_call entry, *call = &entry;");
    if (has_result)
        emit(e, "%s = 0;", c_declare(e, f->result.host, "returned"));
    const char *user = variable(e, &f->params[callback->user_at]);
    if (callback->is_held)
        user = take_print(e->arena, "wisp_bind_held(%s)", user);
    emit(e, "if (!wisp_bind_enter(call, %s, \"%s\"))", user, f->owner);
    emit(e, has_result ? "    return returned;" : "    return;");
    emit(e, "const wisp_value args[] = {");
    for (size_t i = 0; i < f->param_len; i++)
        emit(e, "    %s,", callback_argument(e, &f->params[i]));
    emit(e, "};");
    emit_run(e, f);
    emit(e, "wisp_bind_leave(call);");
    if (has_result)
        emit(e, "return returned;");
    emit_close(e);
    emit_blank(e);
}

void emit_callbacks(emitter *e)
{
    for (size_t i = 0; i < e->plan->callbacks.len; i++) {
        const plan_callback *callback = e->plan->callbacks.items[i];
        if (callback->is_used)
            emit_thunk(e, callback);
    }
}

void emit_functions(emitter *e)
{
    const plan_list *list = &e->plan->functions;
    for (size_t i = 0; i < list->len; i++)
        emit_import(e, list->items[i]);
    emit(e, "static const wisp_bind_func functions[] = {");
    for (size_t i = 0; i < list->len; i++) {
        const plan_function *f = list->items[i];
        emit(e, "    {\"%s\", \"%s\", call_%s},", f->name, signature(e, f), f->name);
    }
    emit(e, "};");
    emit_blank(e);
}
