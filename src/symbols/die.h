#ifndef WISP_SYMBOLS_DIE_H
#define WISP_SYMBOLS_DIE_H

#include <wisp/base.h>

#include <elfutils/libdw.h>

/*
 * Entries of debug information ("DIE"s, DWARF 5 section 2): what is asked of them everywhere.
 * Attributes are looked for in what an entry specifies and in its abstract origin as well.
 */

/* The debug information of a program while it is read. Entries can be made to repeat each other
 * without end, so the steps from one to the next are counted. */
typedef struct wisp_dwarf {
    Dwarf *handle;
    uint64_t steps_left; /* 0: nothing more is found */
} wisp_dwarf;

/* The first child of [die], or the entry behind [die] among its parent's: false at the end. */
bool wisp_die_child(wisp_dwarf *dwarf, Dwarf_Die *die, Dwarf_Die *out);
bool wisp_die_next(wisp_dwarf *dwarf, Dwarf_Die *die);

const char *wisp_die_text(Dwarf_Die *die, unsigned attribute); /* "" if it has none */
bool wisp_die_number(Dwarf_Die *die, unsigned attribute, uint64_t *out);
bool wisp_die_flag(Dwarf_Die *die, unsigned attribute);

/* The entry that an attribute refers to; false if there is none. */
bool wisp_die_entry(Dwarf_Die *die, unsigned attribute, Dwarf_Die *out);

/* The entry that [die] is a copy of, and that one of, and so on; itself if it is none. */
Dwarf_Die wisp_die_origin(Dwarf_Die *die);

/* Whether it was written in C, where a function may lack a prototype. */
bool wisp_die_is_c(Dwarf_Die *die);

/* The compiler of its unit, with options where it notes them; "" unknown. */
const char *wisp_die_producer(Dwarf_Die *die);

bool wisp_die_is_by_gcc(Dwarf_Die *die);

/* Whether the body or unit [die] was optimised; in doubt it was. */
bool wisp_die_is_optimised(Dwarf_Die *die);

/* Where it is declared, relative to where the compiler ran if the file is below that. "" and 0
 * if that is not known. */
const char *wisp_die_file(Dwarf_Die *die);
uint32_t wisp_die_line(Dwarf_Die *die);

/* Where the copy [die] of a function is called. */
const char *wisp_die_call_file(Dwarf_Die *die);
uint32_t wisp_die_call_line(Dwarf_Die *die);

#endif
