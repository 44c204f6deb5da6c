#define _GNU_SOURCE /* RTLD_DEFAULT */

#include "patch/set.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "patch/bridge.h"
#include "patch/builtin.h"
#include "patch/policy.h"
#include "patch/seat.h"

enum { ARENA_CHUNK_SIZE = 16 * 1024 };

/* A set that is being made. */
typedef struct maker {
    wisp_patch_set *set;
    const wisp_patch_text *text;
    wisp_error *err;
} maker;

static void *room(const maker *m, size_t count, size_t size)
{
    void *items = wisp_arena_alloc(&m->set->arena, count, size);
    if (!items)
        wisp_fail_memory(m->err, count * size);
    return items;
}

/* ------------------------------------------------------------------ module and manifest */

static wisp_status read_manifest(const maker *m, wisp_bytes bytes)
{
    wisp_bytes content;
    wisp_patch_set *set = m->set;
    if (wisp_patch_manifest_find(set->module, bytes, &content))
        return wisp_patch_manifest_read(&set->arena, content, &set->manifest, m->err);
    return wisp_fail(m->err, WISP_MALFORMED, "a module without a section '%s' is no patch",
                     WISP_PATCH_SECTION);
}

static wisp_status load(const maker *m, wisp_bytes bytes)
{
    wisp_module_config config = {.allocator = m->set->config->allocator};
    wisp_status status = wisp_module_load_outside(&config, bytes, &m->set->module, m->err);
    return status ? status : read_manifest(m, bytes);
}

static wisp_status find_target(const maker *m)
{
    wisp_patch_set *set = m->set;
    const wisp_patch_manifest *manifest = &set->manifest;
    if (manifest->machine != WISP_PATCH_ABI_HERE->machine)
        return wisp_fail(m->err, WISP_MISMATCH, "a patch for machine %u, this is %u",
                         (unsigned)manifest->machine, (unsigned)WISP_PATCH_ABI_HERE->machine);
    if (manifest->grant > set->config->grant_max)
        return wisp_fail(m->err, WISP_UNTRUSTED,
                         "a patch that wants the grant '%s', at most '%s'"
                         " is given",
                         wisp_patch_grant_name(manifest->grant),
                         wisp_patch_grant_name(set->config->grant_max));
    wisp_status status = wisp_patch_image_find(manifest->build_id, &set->image, m->err);
    if (status == WISP_NOT_FOUND && m->err)
        m->err->status = WISP_MISMATCH;
    return status == WISP_NOT_FOUND ? WISP_MISMATCH : status;
}

/* ------------------------------------------------------------------ functions that are replaced
 */

static wisp_status make_plan(const maker *m, const char *name, const char *text,
                             wisp_patch_signature *signature, wisp_patch_plan *plan)
{
    wisp_arena *arena = &m->set->arena;
    wisp_status status = wisp_patch_signature_read(arena, text, signature, m->err);
    if (!status)
        status = wisp_patch_plan_make(arena, WISP_PATCH_ABI_HERE, signature,
                                      m->set->linear.address, plan, m->err);
    return wisp_fail_within(m->err, status, name);
}

static bool has_type(const wisp_functype *type, const wisp_patch_plan *plan)
{
    uint32_t results = plan->value ? 1 : 0;
    if (type->param_count != plan->param_count || type->result_count != results)
        return false;
    for (uint32_t i = 0; i < plan->param_count; i++)
        if (type->params[i] != plan->params[i])
            return false;
    return results == 0 || type->results[0] == plan->value;
}

static wisp_status check_export(const maker *m, const wisp_patch_replaced *r)
{
    const wisp_module *module = m->set->module;
    const wisp_export_entry *export = wisp_module_find_export(module, r->function->export);
    if (!export || export->kind != WISP_EXTERN_FUNC)
        return wisp_fail(m->err, WISP_MALFORMED, "a patch without the function '%s' it lists",
                         r->function->export);
    if (!has_type(wisp_module_functype(module, export->index), &r->plan))
        return wisp_fail(m->err, WISP_MISMATCH,
                         "the patch's function '%s' has not the type of its signature %s",
                         r->function->export, r->function->signature);
    return WISP_OK;
}

static wisp_status make_replaced(const maker *m, uint32_t index)
{
    wisp_patch_set *set = m->set;
    wisp_patch_replaced *r = &set->replaced[index];
    r->function = &set->manifest.functions[index];
    r->index = index;
    wisp_status status =
        make_plan(m, r->function->symbol, r->function->signature, &r->signature, &r->plan);
    if (!status)
        status = check_export(m, r);
    if (!status)
        status =
            wisp_patch_slot_open(m->text, &set->image, r->function,
                                 (const void *)(uintptr_t)wisp_patch_entry, &r->slot, m->err);
    if (status)
        return status;
    if (r->slot->index >= set->slot_count)
        set->slot_count = r->slot->index + 1;
    r->skipped_before = atomic_load_explicit(&r->slot->skipped, memory_order_relaxed);
    return WISP_OK;
}

static wisp_status make_by_slot(const maker *m)
{
    wisp_patch_set *set = m->set;
    set->by_slot = room(m, set->slot_count, sizeof(wisp_patch_replaced *));
    if (!set->by_slot)
        return WISP_NO_MEMORY;
    for (uint32_t i = 0; i < set->manifest.function_count; i++) {
        wisp_patch_replaced *r = &set->replaced[i], **at = &set->by_slot[r->slot->index];
        if (*at)
            return wisp_fail(m->err, WISP_MALFORMED, "a patch that replaces '%s' twice",
                             r->function->symbol);
        *at = r;
    }
    return WISP_OK;
}

static wisp_status make_all_replaced(const maker *m)
{
    wisp_patch_set *set = m->set;
    wisp_status status = WISP_OK;
    set->replaced = room(m, set->manifest.function_count, sizeof *set->replaced);
    if (!set->replaced)
        return WISP_NO_MEMORY;
    for (uint32_t i = 0; i < set->manifest.function_count && !status; i++)
        status = make_replaced(m, i);
    return status ? status : make_by_slot(m);
}

/* ------------------------------------------------------------------ functions that are called */

static const wisp_patch_replaced *find_replaced(const wisp_patch_set *set, const char *name)
{
    const wisp_patch_replaced *found = NULL;
    for (uint32_t i = 0; i < set->manifest.function_count; i++) {
        if (strcmp(set->replaced[i].function->export, name) == 0)
            return &set->replaced[i];
        if (!found && strcmp(set->replaced[i].function->symbol, name) == 0)
            found = &set->replaced[i];
    }
    return found;
}

static wisp_status find_original(const maker *m, wisp_patch_callee *callee)
{
    const char *name = callee->native->name;
    callee->original_of = find_replaced(m->set, name);
    if (!callee->original_of)
        return wisp_fail(m->err, WISP_MALFORMED,
                         "a patch that imports the original of '%s', which it does not replace",
                         name);
    if (strcmp(callee->native->signature, callee->original_of->function->signature) != 0)
        return wisp_fail(m->err, WISP_MISMATCH, "the original of '%s' imported as %s, it is %s",
                         name, callee->native->signature,
                         callee->original_of->function->signature);
    callee->function = callee->original_of->slot->detour.original;
    return WISP_OK;
}

static wisp_status nothing_to_do(void *user, wisp_error *err)
{
    (void)user;
    (void)err;
    return WISP_OK;
}

static wisp_status find_in_program(const maker *m, wisp_patch_callee *callee)
{
    const wisp_patch_image *image = &m->set->image;
    uintptr_t at = image->base + (uintptr_t)callee->native->address;
    wisp_status status =
        wisp_patch_image_hold(image, WISP_PATCH_CODE, at, 1, nothing_to_do, NULL, m->err);
    callee->function = (const void *)at;
    return wisp_fail_within(m->err, status, callee->native->name);
}

static wisp_status find_in_system(const maker *m, wisp_patch_callee *callee)
{
    callee->function = dlsym(RTLD_DEFAULT, callee->name);
    return callee->function
               ? WISP_OK
               : wisp_fail(m->err, WISP_NOT_FOUND,
                           "no shared library of this process has a function '%s'", callee->name);
}

static wisp_status make_callee(const maker *m, uint32_t index)
{
    wisp_patch_callee *callee = &m->set->callees[index];
    const wisp_patch_native *native = &m->set->manifest.natives[index];
    callee->native = native;
    callee->name = wisp_arena_text(&m->set->arena, native->name, strcspn(native->name, "#"));
    if (!callee->name)
        return wisp_fail_memory(m->err, strlen(native->name));
    wisp_status status =
        make_plan(m, native->name, native->signature, &callee->signature, &callee->plan);
    if (status)
        return status;
    switch (native->module[0]) {
    case 'o':
        return find_original(m, callee);
    case 'p':
        return find_in_program(m, callee);
    default:
        return find_in_system(m, callee);
    }
}

static wisp_status make_callees(const maker *m)
{
    wisp_patch_set *set = m->set;
    wisp_status status = WISP_OK;
    set->callees = room(m, set->manifest.native_count, sizeof *set->callees);
    if (!set->callees)
        return WISP_NO_MEMORY;
    for (uint32_t i = 0; i < set->manifest.native_count && !status; i++)
        status = make_callee(m, i);
    return status;
}

/* ------------------------------------------------------------------ variables */

static int compare_ranges(const void *a, const void *b)
{
    const wisp_patch_range *x = a, *y = b;
    return x->start < y->start ? -1 : x->start > y->start;
}

/* Makes one of ranges that touch. */
static uint32_t join(wisp_patch_range *ranges, uint32_t len)
{
    uint32_t joined = 0;
    for (uint32_t i = 0; i < len; i++) {
        if (joined == 0 || ranges[joined - 1].end < ranges[i].start)
            ranges[joined++] = ranges[i];
        else if (ranges[joined - 1].end < ranges[i].end)
            ranges[joined - 1].end = ranges[i].end;
    }
    return joined;
}

static wisp_status make_globals(const maker *m)
{
    wisp_patch_set *set = m->set;
    const wisp_patch_manifest *manifest = &set->manifest;
    set->globals = room(m, manifest->global_count, sizeof *set->globals);
    if (!set->globals)
        return WISP_NO_MEMORY;
    uint32_t len = 0;
    for (uint32_t i = 0; i < manifest->global_count; i++) {
        const wisp_patch_global *g = &manifest->globals[i];
        uint64_t start = set->image.base + g->address, end = start + g->size;
        if (start < set->image.low || end > set->image.high || end < start)
            return wisp_fail(m->err, WISP_MALFORMED, "the variable '%s' is not in the program",
                             g->name);
        if (end > start)
            set->globals[len++] = (wisp_patch_range){start, end};
    }
    qsort(set->globals, len, sizeof *set->globals, compare_ranges);
    set->global_count = join(set->globals, len);
    return WISP_OK;
}

/* ------------------------------------------------------------------ imports */

static bool find_callee(const wisp_patch_set *set, const wisp_import *import,
                        wisp_patch_import_source *out)
{
    for (uint32_t i = 0; i < set->manifest.native_count; i++) {
        const wisp_patch_native *native = &set->manifest.natives[i];
        if (strcmp(native->module, import->module) == 0 &&
            strcmp(native->name, import->name) == 0) {
            *out = (wisp_patch_import_source){.kind = WISP_PATCH_CALLEE,
                                              .of.callee = &set->callees[i]};
            return true;
        }
    }
    return false;
}

static bool find_global(const wisp_patch_set *set, const wisp_import *import,
                        wisp_patch_import_source *out)
{
    if (strcmp(import->module, "global") != 0)
        return false;
    for (uint32_t i = 0; i < set->manifest.global_count; i++) {
        const wisp_patch_global *g = &set->manifest.globals[i];
        if (strcmp(g->name, import->name) == 0) {
            *out = (wisp_patch_import_source){.kind = WISP_PATCH_GLOBAL,
                                              .of.address = set->image.base + g->address};
            return true;
        }
    }
    return false;
}

static bool find_builtin(const wisp_import *import, wisp_patch_import_source *out)
{
    *out = (wisp_patch_import_source){.kind = WISP_PATCH_BUILTIN,
                                      .of.builtin =
                                          wisp_patch_builtin_find(import->module, import->name)};
    return out->of.builtin != NULL;
}

/* An alias does not hide whose it is. */
static bool is_allowed(const wisp_patcher_config *config, const wisp_import *import,
                       const wisp_patch_import_source *source)
{
    wisp_patch_import asked = {import->module, import->name};
    if (source->kind == WISP_PATCH_CALLEE)
        asked.name = source->of.callee->name;
    return config->allow ? config->allow(config->user, &asked) : wisp_patch_policy_allows(&asked);
}

static wisp_status find_import(const maker *m, const wisp_import *import,
                               wisp_patch_import_source *out)
{
    out->kind = WISP_PATCH_MEMORY;
    if (import->type.kind == WISP_EXTERN_MEMORY)
        return WISP_OK;
    if (import->type.kind != WISP_EXTERN_FUNC ||
        !(find_callee(m->set, import, out) || find_global(m->set, import, out) ||
          find_builtin(import, out)))
        return wisp_fail(
            m->err, WISP_MALFORMED,
            "a patch that imports the %s '%s'.'%s', which its manifest does not list",
            wisp_extern_kind_name(import->type.kind), import->module, import->name);
    if (!is_allowed(m->set->config, import, out))
        return wisp_fail(m->err, WISP_UNTRUSTED,
                         "a patch that imports '%s'.'%s', which is denied", import->module,
                         import->name);
    return WISP_OK;
}

static wisp_status make_imports(const maker *m)
{
    wisp_patch_set *set = m->set;
    wisp_import import;
    wisp_status status = WISP_OK;
    set->import_count = wisp_module_import_count(set->module);
    set->imports = room(m, set->import_count, sizeof *set->imports);
    if (!set->imports)
        return WISP_NO_MEMORY;
    for (uint32_t i = 0; wisp_module_import(set->module, i, &import) && !status; i++)
        status = find_import(m, &import, &set->imports[i]);
    return status;
}

/* ------------------------------------------------------------------ seats */

/* Makes the seat of place 0, to see that all can be made: whoever has that place comes to it. */
static wisp_status make_seats(const maker *m)
{
    wisp_patch_set *set = m->set;
    wisp_patch_seat *first;
    set->seat_count = set->linear.seat_count;
    set->seats = room(m, set->seat_count, sizeof *set->seats);
    if (!set->seats)
        return WISP_NO_MEMORY;
    wisp_status status = wisp_patch_seat_new(set, 0, &first, m->err);
    if (!status)
        atomic_init(&set->seats[0], first);
    return status;
}

/* ------------------------------------------------------------------ the whole */

static wisp_status make(const maker *m, wisp_bytes bytes)
{
    wisp_patch_set *set = m->set;
    wisp_status status = load(m, bytes);
    if (!status)
        status = find_target(m);
    if (!status)
        status =
            wisp_patch_linear_make(set->module, set->config->threads_max, &set->linear, m->err);
    if (!status)
        status = make_all_replaced(m);
    if (!status)
        status = make_callees(m);
    if (!status)
        status = make_globals(m);
    if (!status)
        status = make_imports(m);
    return status ? status : make_seats(m);
}

wisp_status wisp_patch_set_make(const wisp_patcher_config *config, const wisp_patch_text *text,
                                wisp_bytes bytes, wisp_patch_set **out, wisp_error *err)
{
    wisp_patch_set *set = wisp_alloc(config->allocator, 1, sizeof *set);
    if (!set)
        return wisp_fail_memory(err, sizeof *set);
    set->config = config;
    wisp_arena_init(&set->arena, config->allocator, ARENA_CHUNK_SIZE);
    wisp_status status = make(&(maker){set, text, err}, bytes);
    if (status)
        wisp_patch_set_free(set);
    else
        *out = set;
    return status;
}

void wisp_patch_set_free(wisp_patch_set *set)
{
    if (!set)
        return;
    for (uint32_t i = 0; set->seats && i < set->seat_count; i++)
        wisp_patch_seat_free(atomic_load_explicit(&set->seats[i], memory_order_acquire));
    wisp_patch_linear_deinit(&set->linear);
    wisp_module_free(set->module);
    wisp_arena_deinit(&set->arena);
    wisp_free(set->config->allocator, set, sizeof *set);
}
