#ifndef WISP_SYMBOLS_LOCATION_H
#define WISP_SYMBOLS_LOCATION_H

#include "symbols/die.h"
#include "symbols/place.h"

/* Locations of DWARF (5, sections 2.5 and 2.6), as far as they say how an argument arrives. */

/*
 * Where the parameter [param], of [size] bytes, of the function [function] is when [address] is
 * reached: its entry, or the end of what stands there for patching.
 */
wisp_place wisp_location_at(Dwarf_Die *function, Dwarf_Die *param, uint64_t size,
                            uint32_t machine, uint64_t address);

/* The address of a variable that has one of its own for all of the program's time. */
bool wisp_location_address(Dwarf_Die *variable, uint64_t *out);

#endif
