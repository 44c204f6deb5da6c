#include "base/error.h"
#include "symbols/catalogue.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

static int compare_variables(const void *left, const void *right)
{
    const wisp_symbols_variable *a = left, *b = right;
    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    return strcmp(a->name, b->name);
}

/* __func__ and the like are nobody's to reach. */
static bool is_made_up(const wisp_scan_variable *scanned)
{
    Dwarf_Die die = scanned->die;
    return wisp_die_flag(&die, DW_AT_artificial);
}

static wisp_status fill_variable(wisp_symbols *symbols, const wisp_scan_variable *scanned,
                                 wisp_symbols_variable *out, wisp_error *err)
{
    Dwarf_Die die = scanned->die;
    const char *linkage = wisp_die_text(&die, DW_AT_linkage_name);
    *out = (wisp_symbols_variable){
        .name = wisp_record_name(&symbols->scan, &symbols->arena, &die),
        .linkage = *linkage ? linkage : wisp_die_text(&die, DW_AT_name),
        .file = wisp_die_file(&die),
        .line = wisp_die_line(&die),
        .is_global = wisp_die_flag(&die, DW_AT_external),
        .address = scanned->address,
    };
    if (!out->name)
        return wisp_fail_memory(err, sizeof *out);
    wisp_status status = wisp_types_of(&symbols->types, &die, &out->type, err);
    if (!status)
        out->size = out->type->size;
    return status;
}

/* Debug information may tell of one variable several times. */
static size_t drop_repeated(wisp_symbols_variable *variables, size_t count)
{
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        if (len == 0 || compare_variables(&variables[len - 1], &variables[i]) != 0)
            variables[len++] = variables[i];
    }
    return len;
}

wisp_status wisp_symbols_list_variables(wisp_symbols *symbols, wisp_error *err)
{
    size_t count = symbols->scan.variable_count, len = 0;
    wisp_status status = WISP_OK;
    wisp_symbols_variable *variables =
        wisp_arena_alloc(&symbols->arena, count + 1, sizeof *variables);
    if (!variables)
        return wisp_fail_memory(err, count * sizeof *variables);
    for (size_t i = 0; i < count && !status; i++) {
        if (is_made_up(&symbols->scan.variables[i]))
            continue;
        status = fill_variable(symbols, &symbols->scan.variables[i], &variables[len], err);
        /* At 0 is what the linker has dropped. */
        len += !status && variables[len].address && *variables[len].name;
    }
    if (len)
        qsort(variables, len, sizeof *variables, compare_variables);
    symbols->variables = variables;
    symbols->variable_count = drop_repeated(variables, len);
    return status;
}
