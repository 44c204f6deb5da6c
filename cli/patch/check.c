#include "check.h"

#include "../find_symbol.h"
#include "../take.h"
#include "draft.h"

#include "base/error.h"
#include "patch/builtin.h"
#include "patch/plan.h"
#include "patch/policy.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* One run. */
typedef struct checking {
    const check *c;
    wisp_patch_manifest *out;
    const wisp_symbols_function **patched; /* as out->functions */
    size_t function_room, patched_room, native_room, global_room;
    uint32_t faults;
} checking;

static void fault(checking *k, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void fault(checking *k, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fputs("wisp: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
    k->faults++;
}

/* ------------------------------------------------------------------ types */

static const char *types_text(wisp_arena *arena, const wisp_valtype *types, uint32_t count)
{
    const char *text = "(";
    for (uint32_t i = 0; i < count; i++)
        text = take_print(arena, "%s%s%s", text, i ? " " : "", wisp_valtype_name(types[i]));
    return take_print(arena, "%s)", text);
}

static const char *functype_text(wisp_arena *arena, const wisp_functype *type)
{
    return take_print(arena, "%s -> %s", types_text(arena, type->params, type->param_count),
                      types_text(arena, type->results, type->result_count));
}

static bool is_same_type(const wisp_functype *a, const wisp_functype *b)
{
    return a->param_count == b->param_count && a->result_count == b->result_count &&
           (a->param_count == 0 ||
            memcmp(a->params, b->params, a->param_count * sizeof *a->params) == 0) &&
           (a->result_count == 0 || a->results[0] == b->results[0]);
}

/* The type of addresses in the module: i32 if it has a memory of such, else i64. */
static wisp_valtype address_type(const check *c)
{
    wisp_export export;
    for (uint32_t i = 0; wisp_module_export(c->module, i, &export); i++)
        if (export.type.kind == WISP_EXTERN_MEMORY && !export.type.is_64)
            return WISP_I32;
    return WISP_I64;
}

/* What the module's function for [signature] must look like. */
static wisp_status type_of(checking *k, const char *signature, wisp_functype *out,
                           wisp_error *err)
{
    const check *c = k->c;
    wisp_patch_signature read;
    wisp_patch_plan *plan = take(c->arena, 1, sizeof *plan);
    const wisp_patch_abi *abi = wisp_patch_abi_of(k->out->machine);
    wisp_status status = wisp_patch_signature_read(c->arena, signature, &read, err);
    if (!status)
        status = wisp_patch_plan_make(c->arena, abi, &read, address_type(c), plan, err);
    if (!status)
        *out = (wisp_functype){.params = plan->params,
                               .param_count = plan->param_count,
                               .results = &plan->value,
                               .result_count = plan->value ? 1 : 0};
    return status;
}

/* Tells where [type], of the patch's [what], is not as [signature] wants it. */
static void check_type(checking *k, const char *what, const char *name, const char *signature,
                       const wisp_functype *type)
{
    wisp_functype expected;
    wisp_error err;
    if (type_of(k, signature, &expected, &err))
        fault(k, "%s '%s': %s", what, name, err.text);
    else if (!is_same_type(type, &expected))
        fault(k, "%s '%s' is %s in the patch, expected %s: it is %s in the program", what, name,
              functype_text(k->c->arena, type), functype_text(k->c->arena, &expected), signature);
}

/* ------------------------------------------------------------------ functions */

static bool is_patched(const checking *k, const wisp_symbols_function *f)
{
    for (uint32_t i = 0; i < k->out->function_count; i++)
        if (k->patched[i] == f)
            return true;
    return false;
}

/* "a (x.c:3), b (x.c:9)": those that [f] is inlined into and the patch does not have. "" for
 * none. */
static const char *missing_callers(const checking *k, const wisp_symbols_function *f)
{
    const char *text = "";
    for (uint32_t i = 0; i < f->site_count; i++) {
        const wisp_symbols_function *caller = f->sites[i].caller;
        bool is_told = i > 0 && f->sites[i - 1].caller == caller;
        if (!is_told && !is_patched(k, caller))
            text = take_print(k->c->arena, "%s%s%s (%s:%u)", text, text[0] ? ", " : "",
                              caller->name, f->sites[i].file, f->sites[i].line);
    }
    return text;
}

static void check_partial(checking *k, const wisp_symbols_function *f)
{
    const char *missing = missing_callers(k, f);
    bool is_inlined_alone = true;
    for (uint32_t i = 0; i < f->reason_count; i++)
        is_inlined_alone =
            is_inlined_alone &&
            (f->reasons[i].cause == WISP_SYMBOLS_CAUSE_INLINED ||
             wisp_symbols_cause_verdict(f->reasons[i].cause) != WISP_SYMBOLS_PARTIAL);
    if (k->c->also_callers && is_inlined_alone && !missing[0])
        return;
    if (k->c->also_callers && is_inlined_alone)
        fault(k, "%s: the patch does not have these, which it is inlined into: %s", f->name,
              missing);
    else
        fault(k,
              "%s: %s%s%s; patch those as well and give --also-callers, or accept that with "
              "--accept-partial",
              f->name, f->reasons[0].text, missing[0] ? ": in " : "", missing);
}

static void add_function(checking *k, const char *export, const wisp_symbols_function *f)
{
    wisp_arena *arena = k->c->arena;
    wisp_patch_manifest *out = k->out;
    take_room(arena, &out->functions, out->function_count, &k->function_room,
              sizeof *out->functions);
    take_room(arena, &k->patched, out->function_count, &k->patched_room, sizeof *k->patched);
    k->patched[out->function_count] = f;
    out->functions[out->function_count++] = (wisp_patch_function){
        .export = export,
        .symbol = f->name,
        .file = f->file,
        .signature = f->signature,
        .line = f->line,
        .place = f->place,
        .address = f->place == WISP_PATCH_SLOT ? f->slot_address : f->address,
        .sled = f->place == WISP_PATCH_SLED ? f->sled : 0,
        .entry = f->place == WISP_PATCH_SLED ? f->entry : (wisp_bytes){0},
    };
}

static void check_export(checking *k, const wisp_export *export)
{
    const wisp_symbols_function *f;
    wisp_error err;
    if (find_function(k->c->symbols, export->name, &f, &err)) {
        fault(k, "WISP_PATCH(%s): %s", export->name, err.text);
    } else if (f->verdict == WISP_SYMBOLS_REFUSED || !f->signature) {
        fault(k, "%s", draft_way_out(k->c->arena, f));
    } else if (is_patched(k, f)) {
        fault(k, "%s is patched twice", f->name);
    } else {
        check_type(k, "function", export->name, f->signature, &export->type.func);
        add_function(k, export->name, f);
    }
}

static void check_exports(checking *k)
{
    wisp_export export;
    for (uint32_t i = 0; wisp_module_export(k->c->module, i, &export); i++)
        if (export.type.kind == WISP_EXTERN_FUNC)
            check_export(k, &export);
    if (k->out->function_count == 0 && k->faults == 0)
        fault(k, "the patch replaces no function: WISP_PATCH(name) stands before one that does");
    for (uint32_t i = 0; i < k->out->function_count && !k->c->accepts_partial; i++)
        if (k->patched[i]->verdict == WISP_SYMBOLS_PARTIAL)
            check_partial(k, k->patched[i]);
}

/* ------------------------------------------------------------------ imports */

static void add_native(checking *k, const wisp_import *import, const char *signature,
                       uint64_t address)
{
    wisp_patch_manifest *out = k->out;
    check_type(k, import->module, import->name, signature, &import->type.func);
    take_room(k->c->arena, &out->natives, out->native_count, &k->native_room,
              sizeof *out->natives);
    out->natives[out->native_count++] = (wisp_patch_native){.module = import->module,
                                                            .name = import->name,
                                                            .signature = signature,
                                                            .address = address};
}

/* What stands before "#alias", and the alias; NULL for none. */
static const char *split_alias(wisp_arena *arena, const char *name, const char **alias)
{
    const char *sign = strchr(name, '#');
    *alias = sign ? sign + 1 : NULL;
    return sign ? take_text(arena, name, (size_t)(sign - name)) : name;
}

static void check_original(checking *k, const wisp_import *import)
{
    for (uint32_t i = 0; i < k->out->function_count; i++)
        if (strcmp(k->out->functions[i].export, import->name) == 0) {
            add_native(k, import, k->out->functions[i].signature, 0);
            return;
        }
    fault(k,
          "WISP_ORIGINAL(%s): the patch does not replace that; any function of the program is "
          "called by WISP_PROGRAM",
          import->name);
}

static void check_program(checking *k, const wisp_import *import)
{
    const char *alias, *reason;
    const char *name = split_alias(k->c->arena, import->name, &alias);
    const char *signature = alias ? declared_find(k->c->declared, alias) : NULL;
    const wisp_symbols_function *f;
    wisp_error err;
    if (find_function(k->c->symbols, name, &f, &err))
        fault(k, "WISP_PROGRAM(%s): %s", name, err.text);
    else if (signature && f->has_body)
        add_native(k, import, signature, f->address);
    else if (!draft_is_callable(f, &reason))
        fault(k, "WISP_PROGRAM(%s) cannot be called by a patch: %s", name, reason);
    else
        add_native(k, import, f->signature, f->address);
}

/* What WebAssembly's types alone tell: numbers. */
static const char *plain_signature(wisp_arena *arena, const wisp_functype *type)
{
    static const struct {
        wisp_valtype type;
        char letter;
    } letters[] = {{WISP_I32, 'i'}, {WISP_I64, 'L'}, {WISP_F32, 'f'}, {WISP_F64, 'd'}};
    char *text = take(arena, type->param_count + 4, 1), *at = text;
    *at++ = '(';
    for (uint32_t i = 0; i <= type->param_count; i++) {
        bool is_result = i == type->param_count;
        if (is_result)
            *at++ = ')';
        if (is_result && type->result_count == 0)
            break;
        for (size_t n = 0; n < sizeof letters / sizeof *letters; n++)
            if (letters[n].type == (is_result ? type->results[0] : type->params[i]))
                *at++ = letters[n].letter;
    }
    return text;
}

/* Devices may have a policy of their own, so this is no fault. */
static void warn_of_policy(const char *name)
{
    if (!wisp_patch_policy_allows(&(wisp_patch_import){"system", name}))
        fprintf(stderr,
                "wisp: note: WISP_SYSTEM(%s) is denied by devices that have no policy of their "
                "own\n",
                name);
}

static void check_system(checking *k, const wisp_import *import)
{
    const char *alias;
    const char *name = split_alias(k->c->arena, import->name, &alias);
    const char *signature = declared_find(k->c->declared, alias ? alias : name);
    const wisp_symbols_function *f;
    if (!signature && !alias &&
        wisp_symbols_find_declared(k->c->symbols, name, &f, NULL) == WISP_OK)
        signature = f->signature;
    if (!signature)
        signature = plain_signature(k->c->arena, &import->type.func);
    warn_of_policy(name);
    add_native(k, import, signature, 0);
}

static void check_global(checking *k, const wisp_import *import)
{
    const wisp_symbols_variable *v;
    wisp_patch_manifest *out = k->out;
    wisp_error err;
    const wisp_functype *type = &import->type.func;
    if (find_variable(k->c->symbols, import->name, &v, &err)) {
        fault(k, "WISP_GLOBAL(%s): %s", import->name, err.text);
    } else if (type->param_count || type->result_count != 1 || type->results[0] != WISP_I64) {
        fault(k, "global '%s' is %s in the patch, expected () -> (i64): its address",
              import->name, functype_text(k->c->arena, type));
    } else {
        take_room(k->c->arena, &out->globals, out->global_count, &k->global_room,
                  sizeof *out->globals);
        out->globals[out->global_count++] =
            (wisp_patch_global){.name = import->name, .address = v->address, .size = v->size};
    }
}

/* What Wisp itself has for patches. */
static void check_builtin(checking *k, const wisp_import *import)
{
    wisp_valtype params[WISP_PATCH_BUILTIN_PARAMS_MAX], result[1];
    const wisp_patch_builtin *builtin = wisp_patch_builtin_find(import->module, import->name);
    if (!builtin) {
        fault(k,
              "the patch imports '%s' of '%s', expected original, program, system, global, or "
              "what wisp_patch.h has of wisp",
              import->name, import->module);
        return;
    }
    wisp_functype expected = wisp_patch_builtin_type(builtin, params, result);
    if (!is_same_type(&import->type.func, &expected))
        fault(k, "%s '%s' is %s in the patch, expected %s", import->module, import->name,
              functype_text(k->c->arena, &import->type.func),
              functype_text(k->c->arena, &expected));
}

static void check_memory(checking *k, const wisp_import *import)
{
    const wisp_extern_type *type = &import->type;
    if (type->kind != WISP_EXTERN_MEMORY || !type->is_64 || !type->is_shared)
        fault(k,
              "the patch imports the %s '%s.%s', and a patch has only functions and a shared "
              "memory of 64 bits from outside",
              wisp_extern_kind_name(type->kind), import->module, import->name);
}

static void check_import(checking *k, const wisp_import *import)
{
    static const struct {
        const char *module;
        void (*check)(checking *k, const wisp_import *import);
    } modules[] = {{"original", check_original},
                   {"program", check_program},
                   {"system", check_system},
                   {"global", check_global}};
    if (import->type.kind != WISP_EXTERN_FUNC) {
        check_memory(k, import);
        return;
    }
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++)
        if (strcmp(modules[i].module, import->module) == 0) {
            modules[i].check(k, import);
            return;
        }
    check_builtin(k, import);
}

wisp_status check_patch(const check *c, wisp_patch_manifest *out, wisp_error *err)
{
    const wisp_symbols_info *info = wisp_symbols_program(c->symbols);
    checking k = {.c = c, .out = out};
    wisp_import import;
    out->machine = info->machine;
    out->build_id = info->build_id_bytes;
    check_exports(&k);
    for (uint32_t i = 0; wisp_module_import(c->module, i, &import); i++)
        check_import(&k, &import);
    return k.faults ? wisp_fail(err, WISP_UNSUPPORTED, "%u %s; nothing was written", k.faults,
                                k.faults == 1 ? "fault" : "faults")
                    : WISP_OK;
}
