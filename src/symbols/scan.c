#include "symbols/scan.h"

#include "base/error.h"
#include "symbols/location.h"

#include <dwarf.h>
#include <string.h>

#define DEPTH_MAX 256 /* of blocks in blocks, copies in copies */

/* Where the walk is. */
typedef struct place {
    size_t function;   /* whose body it is in; WISP_SCAN_NONE */
    const char *scope; /* "ns::" */
    uint32_t depth;
} place;

typedef struct walker {
    wisp_scan *scan;
    bool is_c; /* in which nothing surrounds a name */
    wisp_error *err;
} walker;

static wisp_status walk(walker *w, Dwarf_Die *parent, place at);

static bool reserve(wisp_scan *scan, void *array, size_t *capacity, size_t len, size_t size)
{
    return wisp_array_reserve(scan->arena->allocator, array, capacity, len + 1, size);
}

/* ------------------------------------------------------------------ functions */

/* The main part of a body: of several, the first has the entry. False if it has no code. */
static bool find_code(Dwarf_Die *die, uint64_t *address, uint64_t *size)
{
    Dwarf_Addr base, start, end;
    if (dwarf_ranges(die, 0, &base, &start, &end) <= 0)
        return false;
    *address = start;
    *size = end > start ? end - start : 0;
    return true;
}

static wisp_status add_function(walker *w, const wisp_scan_function *function)
{
    wisp_scan *scan = w->scan;
    if (!reserve(scan, &scan->functions, &scan->function_capacity, scan->function_count,
                 sizeof *scan->functions))
        return wisp_fail_memory(w->err, sizeof *scan->functions);
    scan->functions[scan->function_count++] = *function;
    return WISP_OK;
}

static wisp_status visit_function(walker *w, Dwarf_Die *die, place at)
{
    wisp_scan_function function = {.die = *die};
    Dwarf_Attribute found;
    if (dwarf_attr(die, DW_AT_declaration, &found))
        return WISP_OK;
    function.has_body = find_code(die, &function.address, &function.size);
    if (function.has_body && !wisp_object_text_at(w->scan->object, function.address)) {
        function = (wisp_scan_function){.die = *die, .is_discarded = true};
        return add_function(w, &function);
    }
    at.function = function.has_body ? w->scan->function_count : WISP_SCAN_NONE;
    wisp_status status = add_function(w, &function);
    return status ? status : walk(w, die, at);
}

static wisp_status visit_copy(walker *w, Dwarf_Die *die, place at)
{
    wisp_scan *scan = w->scan;
    if (at.function == WISP_SCAN_NONE)
        return walk(w, die, at);
    if (!reserve(scan, &scan->sites, &scan->site_capacity, scan->site_count, sizeof *scan->sites))
        return wisp_fail_memory(w->err, sizeof *scan->sites);
    scan->sites[scan->site_count++] = (wisp_scan_site){
        .origin = wisp_die_origin(die).addr,
        .caller = at.function,
        .file = wisp_die_call_file(die),
        .line = wisp_die_call_line(die),
    };
    return walk(w, die, at);
}

/* ------------------------------------------------------------------ the rest */

static wisp_status visit_variable(walker *w, Dwarf_Die *die)
{
    wisp_scan *scan = w->scan;
    wisp_scan_variable variable = {.die = *die};
    if (!wisp_location_address(die, &variable.address))
        return WISP_OK;
    if (!reserve(scan, &scan->variables, &scan->variable_capacity, scan->variable_count,
                 sizeof *scan->variables))
        return wisp_fail_memory(w->err, sizeof *scan->variables);
    scan->variables[scan->variable_count++] = variable;
    return WISP_OK;
}

/* Notes what surrounds [die]; false if there is no memory. */
static bool note_scope(walker *w, Dwarf_Die *die, const char *scope)
{
    return !*scope || wisp_pointer_map_set(&w->scan->scopes, die->addr, (void *)(uintptr_t)scope);
}

/* "outer::name::"; NULL if there is no memory. */
static char *inner_scope(walker *w, const char *outer, const char *name)
{
    size_t outer_len = strlen(outer), len = strlen(name);
    char *scope = wisp_arena_alloc(w->scan->arena, outer_len + len + 3, 1);
    if (!scope)
        return NULL;
    memcpy(scope, outer, outer_len);
    memcpy(scope + outer_len, name, len);
    memcpy(scope + outer_len + len, "::", 2);
    return scope;
}

/* A namespace or a class of C++. */
static wisp_status visit_scope(walker *w, Dwarf_Die *die, place at)
{
    const char *name = wisp_die_text(die, DW_AT_name);
    if (!*name)
        return walk(w, die, at);
    at.scope = inner_scope(w, at.scope, name);
    return at.scope ? walk(w, die, at) : wisp_fail_memory(w->err, strlen(name));
}

static wisp_status visit_type(walker *w, Dwarf_Die *die, place at)
{
    if (w->is_c)
        return WISP_OK;
    if (!note_scope(w, die, at.scope))
        return wisp_fail_memory(w->err, sizeof die);
    int tag = dwarf_tag(die);
    bool is_class =
        tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type;
    return is_class ? visit_scope(w, die, at) : WISP_OK;
}

static wisp_status visit(walker *w, Dwarf_Die *die, place at)
{
    switch (dwarf_tag(die)) {
    case DW_TAG_subprogram:
        return note_scope(w, die, at.scope) ? visit_function(w, die, at)
                                            : wisp_fail_memory(w->err, sizeof die);
    case DW_TAG_inlined_subroutine:
        return visit_copy(w, die, at);
    case DW_TAG_lexical_block:
    case DW_TAG_try_block:
    case DW_TAG_catch_block:
        return walk(w, die, at);
    case DW_TAG_variable:
        return note_scope(w, die, at.scope) ? visit_variable(w, die)
                                            : wisp_fail_memory(w->err, sizeof die);
    case DW_TAG_namespace:
        return visit_scope(w, die, at);
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
    case DW_TAG_union_type:
    case DW_TAG_enumeration_type:
    case DW_TAG_typedef:
        return visit_type(w, die, at);
    default:
        return WISP_OK;
    }
}

static wisp_status walk(walker *w, Dwarf_Die *parent, place at)
{
    Dwarf_Die die;
    wisp_status status = WISP_OK;
    if (++at.depth > DEPTH_MAX)
        return wisp_fail(w->err, WISP_LIMIT, "%s: debug information is nested deeper than %u",
                         w->scan->object->path, DEPTH_MAX);
    for (bool more = wisp_die_child(w->scan->dwarf, parent, &die); more && !status;
         more = wisp_die_next(w->scan->dwarf, &die))
        status = visit(w, &die, at);
    return status;
}

/* ------------------------------------------------------------------ units */

static void note_unit(wisp_scan_units *units, Dwarf_Die *unit)
{
    const char *producer = wisp_die_producer(unit);
    bool is_gcc = wisp_die_is_by_gcc(unit);
    bool is_lto = is_gcc && (strstr(producer, " -flto") || strstr(producer, "GIMPLE"));
    units->count++;
    units->gcc_lto += is_lto;
    units->gcc_unsteady +=
        is_gcc && !is_lto && wisp_die_is_optimised(unit) && !strstr(producer, "-flive-patching");
    units->clang += !is_gcc && strstr(producer, "clang");
}

static wisp_status walk_unit(walker *w, Dwarf_Die *unit)
{
    w->is_c = wisp_die_is_c(unit);
    if (dwarf_tag(unit) != DW_TAG_partial_unit) /* of dwz: what several have in common */
        note_unit(&w->scan->units, unit);
    return walk(w, unit, (place){.function = WISP_SCAN_NONE, .scope = ""});
}

static wisp_status walk_units(walker *w)
{
    wisp_scan *scan = w->scan;
    Dwarf_CU *unit = NULL;
    Dwarf_Die die;
    uint8_t type;
    wisp_status status = WISP_OK;
    int more;
    while (!status && (more = dwarf_get_units(scan->dwarf->handle, unit, &unit, NULL, &type, &die,
                                              NULL)) == 0) {
        if (!die.cu)
            continue; /* of a version or kind that libdw does not know */
        if (type == DW_UT_skeleton)
            scan->units.split++;
        else if (type != DW_UT_type && type != DW_UT_split_type)
            status = walk_unit(w, &die);
    }
    if (!status && more < 0)
        return wisp_fail(w->err, WISP_MALFORMED, "%s: %s", scan->object->path, dwarf_errmsg(-1));
    return status;
}

wisp_status wisp_scan_run(const wisp_object *object, wisp_dwarf *dwarf, wisp_arena *arena,
                          wisp_scan *scan, wisp_error *err)
{
    *scan = (wisp_scan){.object = object,
                        .dwarf = dwarf,
                        .arena = arena,
                        .scopes = {.allocator = arena->allocator}};
    walker w = {.scan = scan, .err = err};
    wisp_status status = walk_units(&w);
    if (!status && dwarf->steps_left == 0)
        return wisp_fail(err, WISP_MALFORMED, "%s: debug information goes in circles",
                         object->path);
    return status;
}

void wisp_scan_deinit(wisp_scan *scan)
{
    const wisp_allocator *allocator = scan->scopes.allocator;
    wisp_pointer_map_deinit(&scan->scopes);
    wisp_free(allocator, scan->functions, scan->function_capacity * sizeof *scan->functions);
    wisp_free(allocator, scan->sites, scan->site_capacity * sizeof *scan->sites);
    wisp_free(allocator, scan->variables, scan->variable_capacity * sizeof *scan->variables);
}
