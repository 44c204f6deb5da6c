#include "symbols/passing.h"

#include <dwarf.h>
#include <string.h>

#define DEPTH_MAX 32 /* classes in classes; beyond, debug information goes in circles */

static bool is_special(wisp_dwarf *dwarf, Dwarf_Die *die, uint32_t depth);

/* Whether the program's author has written it: not the compiler, nor "= default" in the class. */
static bool is_provided(Dwarf_Die *function)
{
    uint64_t defaulted = DW_DEFAULTED_no;
    wisp_die_number(function, DW_AT_defaulted, &defaulted);
    return !wisp_die_flag(function, DW_AT_artificial) && defaulted != DW_DEFAULTED_in_class;
}

/* The type of [die] without typedefs and qualifiers. */
static bool peeled_type(Dwarf_Die *die, Dwarf_Die *out)
{
    Dwarf_Die type;
    return wisp_die_entry(die, DW_AT_type, &type) && dwarf_peel_type(&type, out) == 0;
}

static bool is_reference_to(Dwarf_Die *type, const Dwarf_Die *class)
{
    Dwarf_Die target;
    int tag = dwarf_tag(type);
    return (tag == DW_TAG_reference_type || tag == DW_TAG_rvalue_reference_type) &&
           peeled_type(type, &target) && target.addr == class->addr;
}

/* Whether the first argument of [function] behind "this" is a reference to [class], and the last:
 * others with a default value are rare enough to be taken for no copy constructors. */
static bool takes_own_kind(wisp_dwarf *dwarf, Dwarf_Die *function, const Dwarf_Die *class)
{
    Dwarf_Die at, type;
    uint32_t count = 0;
    bool is_own = false;
    for (bool more = wisp_die_child(dwarf, function, &at); more;
         more = wisp_die_next(dwarf, &at)) {
        if (dwarf_tag(&at) != DW_TAG_formal_parameter || wisp_die_flag(&at, DW_AT_artificial))
            continue;
        count++;
        is_own = peeled_type(&at, &type) && is_reference_to(&type, class);
    }
    return count == 1 && is_own;
}

static bool is_special_function(wisp_dwarf *dwarf, Dwarf_Die *function, Dwarf_Die *class)
{
    const char *name = wisp_die_text(function, DW_AT_name);
    if (!is_provided(function))
        return false;
    if (*name == '~')
        return true;
    const char *class_name = wisp_die_text(class, DW_AT_name);
    const char *arguments =
        strchr(class_name, '<'); /* of a template: its constructors lack them */
    size_t len = arguments ? (size_t)(arguments - class_name) : strlen(class_name);
    return len && strncmp(name, class_name, len) == 0 && (!name[len] || name[len] == '<') &&
           takes_own_kind(dwarf, function, class);
}

/* A member or base class. */
static bool is_special_part(wisp_dwarf *dwarf, Dwarf_Die *part, uint32_t depth)
{
    Dwarf_Die type;
    if (dwarf_hasattr(part, DW_AT_virtuality) ||
        strncmp(wisp_die_text(part, DW_AT_name), "_vptr", 5) == 0)
        return true;
    if (!peeled_type(part, &type))
        return false;
    if (dwarf_tag(&type) == DW_TAG_array_type && !peeled_type(&type, &type))
        return false;
    int tag = dwarf_tag(&type);
    bool is_class = tag == DW_TAG_structure_type || tag == DW_TAG_class_type;
    return is_class && is_special(dwarf, &type, depth + 1);
}

static bool is_special(wisp_dwarf *dwarf, Dwarf_Die *die, uint32_t depth)
{
    Dwarf_Die at;
    bool found = false;
    if (depth > DEPTH_MAX)
        return true;
    for (bool more = wisp_die_child(dwarf, die, &at); more && !found;
         more = wisp_die_next(dwarf, &at)) {
        int tag = dwarf_tag(&at);
        bool is_static = wisp_die_flag(&at, DW_AT_external);
        if (tag == DW_TAG_subprogram)
            found = is_special_function(dwarf, &at, die);
        else if ((tag == DW_TAG_member && !is_static) || tag == DW_TAG_inheritance)
            found = is_special_part(dwarf, &at, depth);
    }
    return found;
}

bool wisp_class_is_by_reference(wisp_dwarf *dwarf, Dwarf_Die *die)
{
    uint64_t convention;
    if (wisp_die_is_c(die))
        return false;
    if (wisp_die_number(die, DW_AT_calling_convention, &convention))
        return convention == DW_CC_pass_by_reference;
    return is_special(dwarf, die, 0);
}
