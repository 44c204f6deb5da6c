#include "draft.h"

#include "../find_symbol.h"
#include "../take.h"
#include "declare.h"

#include "base/error.h"

#include <inttypes.h>
#include <string.h>

void draft_init(draft *d, wisp_arena *arena, wisp_symbols *symbols)
{
    const name_table table = {.arena = arena};
    *d = (draft){.arena = arena,
                 .types = {.arena = arena,
                           .symbols = symbols,
                           .keys = table,
                           .tags = table,
                           .words = table,
                           .members = table},
                 .info = wisp_symbols_program(symbols),
                 .picked = table};
}

/* ------------------------------------------------------------------ names */

/* Whether [candidate] finds [function] and no other, and can be an argument of a macro, which
 * names of templates cannot. */
static bool finds(wisp_symbols *symbols, const char *candidate,
                  const wisp_symbols_function *function)
{
    const wisp_symbols_function *found;
    return !strpbrk(candidate, "<>(), \"\\'") &&
           !wisp_symbols_find_function(symbols, candidate, &found, NULL) && found == function;
}

/* The last [count] parts of [path]. */
static const char *path_end(const char *path, int count)
{
    const char *at = path + strlen(path);
    while (at > path && (at[-1] != '/' || --count > 0))
        at--;
    return at;
}

const char *draft_import(wisp_symbols *symbols, wisp_arena *arena,
                         const wisp_symbols_function *function)
{
    if (finds(symbols, function->name, function))
        return function->name;
    for (int parts = 1; parts <= 3 && function->file[0]; parts++) {
        const char *name =
            take_print(arena, "%s:%s", path_end(function->file, parts), function->name);
        if (finds(symbols, name, function))
            return name;
    }
    if (finds(symbols, function->linkage, function))
        return function->linkage;
    return take_print(arena, "%s@0x%" PRIx64,
                      function->linkage[0] ? function->linkage : function->name,
                      function->address);
}

/* As draft_import. */
static const char *variable_import(wisp_symbols *symbols, wisp_arena *arena,
                                   const wisp_symbols_variable *variable)
{
    const wisp_symbols_variable *found;
    const char *in_file = take_print(arena, "%s:%s", path_end(variable->file, 1), variable->name);
    if (!wisp_symbols_find_variable(symbols, variable->name, &found, NULL) && found == variable)
        return variable->name;
    if (!wisp_symbols_find_variable(symbols, in_file, &found, NULL) && found == variable)
        return in_file;
    return take_print(arena, "%s@0x%" PRIx64, variable->name, variable->address);
}

/* ------------------------------------------------------------------ what can be done */

/* What keeps a patch from calling it. That it is inlined somewhere does not. */
static bool is_in_the_way(wisp_symbols_cause cause)
{
    switch (cause) {
    case WISP_SYMBOLS_CAUSE_NO_BODY:
    case WISP_SYMBOLS_CAUSE_CHANGED_ABI:
    case WISP_SYMBOLS_CAUSE_CONVENTION:
    case WISP_SYMBOLS_CAUSE_TYPE:
    case WISP_SYMBOLS_CAUSE_STATIC_CHAIN:
    case WISP_SYMBOLS_CAUSE_VARIADIC:
    case WISP_SYMBOLS_CAUSE_ARGUMENT_CONSTANT:
        return true;
    default:
        return false;
    }
}

bool draft_is_callable(const wisp_symbols_function *function, const char **reason)
{
    for (uint32_t i = 0; i < function->reason_count; i++)
        if (is_in_the_way(function->reasons[i].cause)) {
            if (reason)
                *reason = function->reasons[i].text;
            return false;
        }
    if (reason)
        *reason = "nothing says what its arguments are";
    return function->has_body && function->signature;
}

/* What can be done, where the reason itself does not say it. */
static const char *advice(wisp_symbols_cause cause)
{
    switch (cause) {
    case WISP_SYMBOLS_CAUSE_NO_SLED:
    case WISP_SYMBOLS_CAUSE_BAD_SLED:
        return "; build the program with -fpatchable-function-entry=5 and run 'wisp symbols' on "
               "it";
    case WISP_SYMBOLS_CAUSE_NO_DEBUG:
        return "; build the program with -g, it may be stripped afterwards";
    case WISP_SYMBOLS_CAUSE_CHANGED_ABI:
        return "; patch its callers, or build with -flive-patching=inline-only-static (gcc)";
    case WISP_SYMBOLS_CAUSE_CONVENTION:
    case WISP_SYMBOLS_CAUSE_TYPE:
    case WISP_SYMBOLS_CAUSE_STATIC_CHAIN:
        return "; patch its callers";
    default:
        return "";
    }
}

/* "x.c:3" of a call of it that was inlined. */
static const char *site_text(wisp_arena *arena, const wisp_symbols_site *site)
{
    return take_print(arena, "%s (%s:%u)", site->caller->name, path_end(site->file, 1),
                      site->line);
}

const char *draft_way_out(wisp_arena *arena, const wisp_symbols_function *f)
{
    enum { SITES_SHOWN = 6 };
    if (!f->reason_count)
        return take_print(arena, "%s: nothing says what its arguments are", f->name);
    const char *text =
        take_print(arena, "%s: %s%s", f->name, f->reasons[0].text, advice(f->reasons[0].cause));
    const char *before = "";
    for (uint32_t i = 0; i < f->site_count && i < SITES_SHOWN; i++) {
        const char *site = site_text(arena, &f->sites[i]);
        if (strcmp(site, before) != 0)
            text = take_print(arena, "%s%s %s", text, i ? "," : ":", site);
        before = site;
    }
    return f->site_count > SITES_SHOWN ? take_print(arena, "%s, …", text) : text;
}

/* ------------------------------------------------------------------ adding */

static wisp_status add_types(draft *d, const wisp_symbols_function *f, wisp_error *err)
{
    wisp_status status = closure_add(&d->types, f->result, err);
    for (uint32_t i = 0; i < f->param_count && !status; i++)
        status = closure_add(&d->types, f->params[i].type, err);
    return status;
}

/* What this is called twice with counts once. */
static bool is_picked(draft *d, const char *kind, const char *import, void *what)
{
    const char *key = take_print(d->arena, "%s %s", kind, import);
    bool is_there = name_find(&d->picked, key) != NULL;
    name_set(&d->picked, key, what);
    return is_there;
}

static void add_callable(draft *d, const wisp_symbols_function *f)
{
    const char *import = draft_import(d->types.symbols, d->arena, f);
    if (is_picked(d, "program", import, d))
        return;
    take_room(d->arena, &d->callable, d->callable_len, &d->callable_room, sizeof *d->callable);
    d->callable[d->callable_len++] = (draft_function){.symbol = f, .import = import};
}

wisp_status draft_patch(draft *d, const char *name, wisp_error *err)
{
    const wisp_symbols_function *f;
    wisp_status status = find_function(d->types.symbols, name, &f, err);
    if (status)
        return status;
    if (f->verdict == WISP_SYMBOLS_REFUSED || !f->signature)
        return wisp_fail(err, WISP_UNSUPPORTED, "%s", draft_way_out(d->arena, f));
    const char *import = draft_import(d->types.symbols, d->arena, f);
    if (is_picked(d, "program", import, d)) /* a patch calls its own one */
        return WISP_OK;
    take_room(d->arena, &d->patched, d->patched_len, &d->patched_room, sizeof *d->patched);
    d->patched[d->patched_len++] = (draft_function){.symbol = f, .import = import};
    return add_types(d, f, err);
}

wisp_status draft_call(draft *d, const char *name, wisp_error *err)
{
    const wisp_symbols_function *f;
    const char *reason;
    wisp_status status = find_function(d->types.symbols, name, &f, err);
    if (status)
        return status;
    if (!draft_is_callable(f, &reason))
        return wisp_fail(err, WISP_UNSUPPORTED, "%s cannot be called by a patch: %s", name,
                         reason);
    add_callable(d, f);
    return add_types(d, f, err);
}

/* Whether a function that is replaced is in [file]. */
static bool is_near(const draft *d, const char *file)
{
    for (size_t i = 0; i < d->patched_len; i++)
        if (strcmp(d->patched[i].symbol->file, file) == 0)
            return true;
    return false;
}

static void add_variable(draft *d, const wisp_symbols_variable *v, bool is_asked)
{
    const char *import = variable_import(d->types.symbols, d->arena, v);
    if (is_picked(d, "global", import, d))
        return;
    take_room(d->arena, &d->variables, d->variable_len, &d->variable_room, sizeof *d->variables);
    d->variables[d->variable_len++] =
        (draft_variable){.symbol = v,
                         .import = import,
                         .is_near = is_asked || v->is_global || is_near(d, v->file)};
}

wisp_status draft_reach(draft *d, const char *name, wisp_error *err)
{
    const wisp_symbols_variable *v;
    wisp_status status = find_variable(d->types.symbols, name, &v, err);
    if (!status)
        status = closure_add(&d->types, v->type, err);
    if (!status)
        add_variable(d, v, true);
    return status;
}

/* ------------------------------------------------------------------ completing */

static bool has_types(draft *d, const wisp_symbols_function *f)
{
    if (!closure_has(&d->types, f->result) || !closure_has_body(&d->types, f->result))
        return false;
    for (uint32_t i = 0; i < f->param_count; i++)
        if (!closure_has(&d->types, f->params[i].type) ||
            !closure_has_body(&d->types, f->params[i].type))
            return false;
    return true;
}

/* What stands beside the functions that are replaced is what they work with: it brings its types
 * along. What cannot be completed is left out below. */
static void add_near_types(draft *d)
{
    const wisp_symbols_function *f;
    const wisp_symbols_variable *v;
    for (size_t i = 0; (f = wisp_symbols_function_at(d->types.symbols, i)); i++)
        if (is_near(d, f->file) && draft_is_callable(f, NULL))
            add_types(d, f, NULL);
    for (size_t i = 0; (v = wisp_symbols_variable_at(d->types.symbols, i)); i++)
        if (is_near(d, v->file))
            closure_add(&d->types, v->type, NULL);
}

static void add_others(draft *d)
{
    const wisp_symbols_function *f;
    const wisp_symbols_variable *v;
    add_near_types(d);
    for (size_t i = 0; (f = wisp_symbols_function_at(d->types.symbols, i)); i++)
        if (draft_is_callable(f, NULL) && has_types(d, f))
            add_callable(d, f);
    for (size_t i = 0; (v = wisp_symbols_variable_at(d->types.symbols, i)); i++)
        if (closure_has(&d->types, v->type) && closure_has_body(&d->types, v->type))
            add_variable(d, v, false);
}

/* Names of parameters: C's, each its own, and none that is a type's. */
static void name_params(draft *d, draft_function *f)
{
    name_table names = {.arena = d->arena};
    f->params = take(d->arena, f->symbol->param_count + 1, sizeof *f->params);
    for (uint32_t i = 0; i < f->symbol->param_count; i++) {
        const char *name = f->symbol->params[i].name;
        if (!name[0])
            name = take_print(d->arena, "p%u", i + 1);
        if (name_find(&d->types.keys, take_print(d->arena, "typedef %s", name)))
            name = take_print(d->arena, "%s_", name);
        f->params[i] = name_claim(&names, name, d);
        name_set(&d->types.members, f->params[i], d);
    }
}

static void name_function(draft *d, draft_function *f)
{
    bool is_mangled = strcmp(f->import, f->symbol->linkage) == 0;
    f->name = name_claim(&d->types.words, is_mangled ? f->symbol->name : f->import, d);
    f->gives = wisp_symbols_type_strip(f->symbol->result)->kind != WISP_TYPE_VOID;
    name_params(d, f);
}

/* A macro of one letter, of the name of a member or an argument, or of a variable that only some
 * other file knows of, would be a trap. */
static void name_variable(draft *d, draft_variable *v)
{
    v->name = name_claim(&d->types.words, v->import, d);
    bool is_trap = !v->is_near || strlen(v->name) < 3 || name_find(&d->types.members, v->name) ||
                   name_find(&d->types.tags, v->name);
    v->macro = is_trap ? take_print(d->arena, "global_%s", v->name) : v->name;
}

/* The functions to be replaced have their names first, then types, then the rest. */
void draft_complete(draft *d)
{
    for (size_t i = 0; i < d->patched_len; i++)
        name_function(d, &d->patched[i]);
    add_others(d);
    closure_sort(&d->types);
    d->bodies = take(d->arena, d->types.sorted_len + 1, sizeof *d->bodies);
    for (size_t i = 0; i < d->types.sorted_len; i++)
        d->bodies[i] = declare_type(&d->types, d->types.sorted[i]);
    for (size_t i = 0; i < d->callable_len; i++)
        name_function(d, &d->callable[i]);
    for (size_t i = 0; i < d->variable_len; i++)
        name_variable(d, &d->variables[i]);
}

const char *draft_prototype(draft *d, const draft_function *f, const char *name)
{
    const char *params = "";
    for (uint32_t i = 0; i < f->symbol->param_count; i++)
        params = take_print(d->arena, "%s%s%s", params, i ? ", " : "",
                            declare_passed(&d->types, f->symbol->params[i].type, f->params[i]));
    return declare_passed(&d->types, f->symbol->result,
                          take_print(d->arena, "%s(%s)", name, params[0] ? params : "void"));
}
