#ifndef WISP_SYMBOLS_TYPES_H
#define WISP_SYMBOLS_TYPES_H

#include "symbols/die.h"
#include "symbols/pointer_map.h"
#include "symbols/type.h"

/*
 * Makes the graph of types (type.h) from debug information, a node for each entry that is asked
 * for. Expanding a node gives it what stands behind [is_complete] and makes its neighbours, which
 * are not expanded; whoever wants to know how an argument is passed goes no further than that.
 */

#define WISP_TYPES_MAX           4000000 /* nodes of a program */
#define WISP_TYPE_NEIGHBOURS_MAX 65536   /* members, parameters, … of one */

typedef struct wisp_types {
    wisp_dwarf *dwarf;
    wisp_arena *arena;
    wisp_pointer_map nodes;         /* by entry */
    const wisp_pointer_map *scopes; /* names of what surrounds an entry, "ns::", by entry */
    struct wisp_type_node *nothing; /* void */
    uint32_t count;
} wisp_types;

wisp_status wisp_types_init(wisp_types *types, wisp_dwarf *dwarf, wisp_arena *arena,
                            const wisp_pointer_map *scopes, wisp_error *err);
void wisp_types_deinit(wisp_types *types);

/* What functions give that give nothing. */
const wisp_symbols_type *wisp_types_void(const wisp_types *types);

/* The type of [die] (its DW_AT_type), VOID if it has none. WISP_LIMIT, WISP_NO_MEMORY. */
wisp_status wisp_types_of(wisp_types *types, Dwarf_Die *die, const wisp_symbols_type **out,
                          wisp_error *err);

/* The type that [die] is. */
wisp_status wisp_types_at(wisp_types *types, Dwarf_Die *die, const wisp_symbols_type **out,
                          wisp_error *err);

/* Expands [type]; one that is expanded already is fine. WISP_MALFORMED where types consist of
 * themselves; WISP_LIMIT, WISP_NO_MEMORY. */
wisp_status wisp_types_expand(wisp_types *types, const wisp_symbols_type *type, wisp_error *err);

/* Expands typedefs and qualifiers around [type], and gives what is behind them. */
wisp_status wisp_types_strip(wisp_types *types, const wisp_symbols_type *type,
                             const wisp_symbols_type **out, wisp_error *err);

/* Expands [type] and all that can be reached from it, and works out how they lie in memory. */
wisp_status wisp_types_complete(wisp_types *types, const wisp_symbols_type *type,
                                wisp_error *err);

#endif
