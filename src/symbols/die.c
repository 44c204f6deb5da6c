#include "symbols/die.h"

#include <dwarf.h>
#include <string.h>

#define ORIGINS_MAX 16 /* what libdw follows */

/* Languages that compilers note already, and libdw has no names for. */
enum { LANG_C17 = 0x2c, LANG_C23 = 0x3e };

static bool take_step(wisp_dwarf *dwarf)
{
    if (dwarf->steps_left == 0)
        return false;
    dwarf->steps_left--;
    return true;
}

bool wisp_die_child(wisp_dwarf *dwarf, Dwarf_Die *die, Dwarf_Die *out)
{
    return take_step(dwarf) && dwarf_child(die, out) == 0;
}

bool wisp_die_next(wisp_dwarf *dwarf, Dwarf_Die *die)
{
    Dwarf_Die next;
    if (!take_step(dwarf) || dwarf_siblingof(die, &next) != 0)
        return false;
    bool is_behind = (uintptr_t)next.addr > (uintptr_t)die->addr; /* or it goes in a circle */
    *die = next;
    return is_behind;
}

const char *wisp_die_text(Dwarf_Die *die, unsigned attribute)
{
    Dwarf_Attribute found;
    const char *text = dwarf_formstring(dwarf_attr_integrate(die, attribute, &found));
    return text ? text : "";
}

bool wisp_die_number(Dwarf_Die *die, unsigned attribute, uint64_t *out)
{
    Dwarf_Attribute found;
    Dwarf_Word value;
    if (!dwarf_attr_integrate(die, attribute, &found) || dwarf_formudata(&found, &value) != 0)
        return false;
    *out = value;
    return true;
}

bool wisp_die_flag(Dwarf_Die *die, unsigned attribute)
{
    Dwarf_Attribute found;
    bool flag;
    return dwarf_attr_integrate(die, attribute, &found) && dwarf_formflag(&found, &flag) == 0 &&
           flag;
}

bool wisp_die_entry(Dwarf_Die *die, unsigned attribute, Dwarf_Die *out)
{
    Dwarf_Attribute found;
    return dwarf_attr_integrate(die, attribute, &found) && dwarf_formref_die(&found, out);
}

Dwarf_Die wisp_die_origin(Dwarf_Die *die)
{
    Dwarf_Die at = *die;
    Dwarf_Attribute found;
    for (int i = 0; i < ORIGINS_MAX; i++) {
        Dwarf_Die next;
        if (!dwarf_attr(&at, DW_AT_abstract_origin, &found) || !dwarf_formref_die(&found, &next))
            break;
        at = next;
    }
    return at;
}

bool wisp_die_is_c(Dwarf_Die *die)
{
    Dwarf_Die unit;
    int language = dwarf_diecu(die, &unit, NULL, NULL) ? dwarf_srclang(&unit) : -1;
    return language == DW_LANG_C || language == DW_LANG_C89 || language == DW_LANG_C99 ||
           language == DW_LANG_C11 || language == LANG_C17 || language == LANG_C23;
}

const char *wisp_die_producer(Dwarf_Die *die)
{
    Dwarf_Die unit;
    return dwarf_diecu(die, &unit, NULL, NULL) ? wisp_die_text(&unit, DW_AT_producer) : "";
}

bool wisp_die_is_by_gcc(Dwarf_Die *die)
{
    return strncmp(wisp_die_producer(die), "GNU ", 4) == 0;
}

/* Whether gcc was told to optimise: it notes its options. */
static bool has_level(const char *producer)
{
    for (const char *at = producer; (at = strstr(at, " -O")); at += 3) {
        if (at[3] != '0')
            return true;
    }
    return false;
}

/* The version of DWARF that its unit is of; 0 unknown. */
static Dwarf_Half version_of(const Dwarf_Die *die)
{
    Dwarf_Die unit;
    Dwarf_Half version;
    bool is_known = dwarf_cu_die(die->cu, &unit, &version, NULL, NULL, NULL, NULL, NULL) != NULL;
    return is_known ? version : 0;
}

/* clang does not note them, and says that it has listed all calls of a body only where some can
 * go missing; which DWARF 2 and 3 have no word for. */
bool wisp_die_is_optimised(Dwarf_Die *die)
{
    if (wisp_die_is_by_gcc(die))
        return has_level(wisp_die_producer(die));
    return version_of(die) < 4 || dwarf_hasattr(die, DW_AT_call_all_calls) ||
           dwarf_hasattr(die, DW_AT_GNU_all_call_sites);
}

/* The file that [attribute] numbers in the table of the unit that has it: from 0 on in DWARF 5,
 * where libdw's own functions take that for none. */
static const char *file_of(Dwarf_Die *die, unsigned attribute)
{
    Dwarf_Attribute found;
    Dwarf_Word index;
    Dwarf_Die unit;
    Dwarf_Half version;
    Dwarf_Files *files;
    size_t count;
    if (!dwarf_attr_integrate(die, attribute, &found) || dwarf_formudata(&found, &index) != 0 ||
        !dwarf_cu_die(found.cu, &unit, &version, NULL, NULL, NULL, NULL, NULL) ||
        (index == 0 && version < 5) || dwarf_getsrcfiles(&unit, &files, &count) != 0 ||
        index >= count)
        return "";
    const char *file = dwarf_filesrc(files, index, NULL, NULL);
    const char *folder = wisp_die_text(&unit, DW_AT_comp_dir);
    size_t len = strlen(folder);
    if (!file)
        return "";
    bool is_below = len && strncmp(file, folder, len) == 0 && file[len] == '/' && file[len + 1];
    return is_below ? file + len + 1 : file;
}

static uint32_t line_of(Dwarf_Die *die, unsigned attribute)
{
    uint64_t line;
    return wisp_die_number(die, attribute, &line) && line <= UINT32_MAX ? (uint32_t)line : 0;
}

const char *wisp_die_file(Dwarf_Die *die)
{
    return file_of(die, DW_AT_decl_file);
}

uint32_t wisp_die_line(Dwarf_Die *die)
{
    return line_of(die, DW_AT_decl_line);
}

const char *wisp_die_call_file(Dwarf_Die *die)
{
    return file_of(die, DW_AT_call_file);
}

uint32_t wisp_die_call_line(Dwarf_Die *die)
{
    return line_of(die, DW_AT_call_line);
}
