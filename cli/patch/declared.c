#include "declared.h"

#include "../take.h"

#include "base/error.h"
#include "symbols/signature_text.h"

#include <dwarf.h>
#include <string.h>

enum { STEPS_MAX = 10 * 1000 * 1000, PARAMS_MAX = 255 };

static bool is_address(const wisp_symbols_type *type)
{
    return type->kind == WISP_TYPE_TYPEDEF && strcmp(type->name, "wisp_address") == 0;
}

/* Where the type behind the one at [at] begins, in a signature. */
static char *next_type(char *at)
{
    if (*at == '{')
        return strchr(at, '}') + 1;
    at++;
    return at + strspn(at, "0123456789");
}

/*
 * What is declared as wisp_address is a number to the compiler and a pointer to whoever is
 * called: as one it may be to the patch's own memory.
 */
static void mark_addresses(char *text, const wisp_symbols_type *result,
                           const wisp_symbols_param *params, uint32_t count)
{
    char *at = text + 1; /* behind "(" */
    for (uint32_t i = 0; i < count; i++) {
        if (is_address(params[i].type))
            *at = 'p';
        at = next_type(at);
    }
    if (is_address(result))
        at[1] = 'p'; /* behind ")" */
}

static wisp_status read_function(wisp_types *types, Dwarf_Die *die, declared *out,
                                 wisp_error *err)
{
    wisp_arena *arena = out->signatures.arena;
    wisp_symbols_param params[PARAMS_MAX] = {{0}};
    uint32_t count = 0;
    const wisp_symbols_type *result;
    const char *text = NULL, *refusal, *name = wisp_die_text(die, DW_AT_name);
    Dwarf_Die child;
    wisp_status status = wisp_types_of(types, die, &result, err);
    for (bool has = wisp_die_child(types->dwarf, die, &child); has && !status;
         has = wisp_die_next(types->dwarf, &child)) {
        if (dwarf_tag(&child) == DW_TAG_unspecified_parameters || count == PARAMS_MAX)
            return WISP_OK;
        if (dwarf_tag(&child) != DW_TAG_formal_parameter)
            continue;
        params[count].name = "";
        status = wisp_types_of(types, &child, &params[count++].type, err);
    }
    if (!status)
        status = wisp_signature_text_make(types, result, params, count, &text, &refusal, err);
    if (!status && text) {
        char *kept = take_text(arena, text, strlen(text));
        mark_addresses(kept, result, params, count);
        name_set(&out->signatures, take_text(arena, name, strlen(name)), kept);
    }
    return status;
}

static wisp_status read_unit(wisp_types *types, Dwarf_Die *unit, declared *out, wisp_error *err)
{
    Dwarf_Die child;
    wisp_status status = WISP_OK;
    for (bool has = wisp_die_child(types->dwarf, unit, &child); has && !status;
         has = wisp_die_next(types->dwarf, &child))
        if (dwarf_tag(&child) == DW_TAG_subprogram && wisp_die_flag(&child, DW_AT_declaration))
            status = read_function(types, &child, out, err);
    return status;
}

wisp_status declared_read(wisp_arena *arena, source_lines *lines, declared *out, wisp_error *err)
{
    wisp_dwarf dwarf = {.handle = source_lines_dwarf(lines), .steps_left = STEPS_MAX};
    wisp_pointer_map scopes = {.allocator = &wisp_allocator_default}; /* C has none */
    wisp_types types;
    size_t header_size;
    Dwarf_Off next;
    *out = (declared){.signatures = {.arena = arena}};
    wisp_status status = wisp_types_init(&types, &dwarf, arena, &scopes, err);
    for (Dwarf_Off at = 0;
         !status && dwarf_nextcu(dwarf.handle, at, &next, &header_size, NULL, NULL, NULL) == 0;
         at = next) {
        Dwarf_Die unit;
        if (dwarf_offdie(dwarf.handle, at + header_size, &unit))
            status = read_unit(&types, &unit, out, err);
    }
    wisp_types_deinit(&types);
    wisp_pointer_map_deinit(&scopes);
    return status;
}

const char *declared_find(const declared *d, const char *name)
{
    return d ? name_find(&d->signatures, name) : NULL;
}
