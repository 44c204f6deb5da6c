#ifndef WISP_SYMBOLS_PASSING_H
#define WISP_SYMBOLS_PASSING_H

#include "symbols/die.h"

/*
 * Whether calls pass the address of an object of the class [die] where they pass one by value, as
 * it must not be copied byte by byte (Itanium C++ ABI 3.1.2.3: a copy constructor, a move
 * constructor or a destructor that is not trivial). clang says so (DW_AT_calling_convention); of
 * what gcc has compiled it is told from the members. A class of C never is.
 */
bool wisp_class_is_by_reference(wisp_dwarf *dwarf, Dwarf_Die *die);

#endif
